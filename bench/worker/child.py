"""A child process in a group of its own: every wait for it has a limit, and all that it started ends with it."""

from __future__ import annotations

import io
import os
import queue
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, cast

import psutil

from bench.machine.interrupts import held
from bench.worker.bounds import MARK, kill_marked

_IS_POSIX = os.name == "posix"
# Longer lines are no event; the samples of a long visit are some megabytes.
_LONGEST_LINE = 2**28
# A process that is killed ends at once, unless a driver holds it: then nobody can end it.
_END_S = 2.0
_NAP_S = 0.005


class Child:
    """A started program with pipes for standard input and output; `lines` has what it writes, None at the end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], stderr: IO[Any]) -> None:
        # The system takes the end of the thread that started a process for the end of its parent.
        is_main = threading.current_thread() is threading.main_thread()
        self._mark = f"{MARK}={os.getpid() if is_main else 0}:{secrets.token_hex(8)}"
        self.lines: queue.Queue[str | None] = queue.Queue()
        name, _, value = self._mark.partition("=")
        group: dict[str, Any] = {"process_group": 0} if _IS_POSIX else {}
        with held():
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, bufsize=0,
                env={**environment, name: value}, **group,
            )  # fmt: skip
        assert self._process.stdin is not None
        self._stdin: IO[bytes] = self._process.stdin
        if _IS_POSIX:
            os.set_blocking(self._stdin.fileno(), False)
        threading.Thread(target=_pump, args=(self._process.stdout, self.lines), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs. The process number stays its own until `end`."""
        if not _IS_POSIX or self._process.returncode is not None:
            return self._process.poll()
        try:
            found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._process.poll()
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    def ended_within(self, limit_s: float) -> bool:
        """Wait for its end, at most so long; whether it has ended."""
        ends_at = time.monotonic() + limit_s
        while self.exit_code is None:
            if time.monotonic() > ends_at:
                return False
            time.sleep(_NAP_S)
        return True

    def send(self, line: str, ends_at: float) -> bool:
        """Write a line; False if it was not read until `ends_at` (of time.monotonic). Raises BrokenPipeError."""
        left = memoryview(f"{line}\n".encode())
        while left:
            # None: the pipe is full.
            written = self._stdin.write(left)
            if written:
                left = left[written:]
            elif time.monotonic() > ends_at:
                return False
            else:
                time.sleep(_NAP_S)
        return True

    @property
    def resident_bytes(self) -> int:
        """Bytes of memory that it holds, without those of processes that it started; 0 if it has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def end(self) -> None:
        """Kill it, its group, and what left the group; returns in bounded time whatever they do."""
        with held():
            # Before the number of the process is free for others.
            if _IS_POSIX and self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
            kill_marked(self._mark)
            with suppress(OSError):
                self._stdin.close()


def _pump(stream: IO[bytes], lines: queue.Queue[str | None]) -> None:
    """Pass on each line of the child, then None, and close its stream."""
    with io.TextIOWrapper(io.BufferedReader(cast(io.RawIOBase, stream)), encoding="utf-8", errors="replace") as reader:
        for line in iter(lambda: reader.readline(_LONGEST_LINE), ""):
            lines.put(line)
    lines.put(None)
