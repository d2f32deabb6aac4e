"""The parent's side of one child process: start it, send it messages, wait for its events, notice when it is lost."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.store.status import Status
from bench.worker.beacon import DISTURBED, Beacon
from bench.worker.protocol import PROTOCOL, Message
from bench.worker.settings import START_TIMEOUT_S, Settings

Event = dict[str, Any]

# How often the beacon is read while nothing arrives.
_POLL_S = 0.25
_LAST_WORDS = 300
# How long a child that has closed its output may take to end.
_END_TIMEOUT_S = 5.0


class ProcessLost(Exception):
    """The child process crashed or made no progress; `status` is crashed or timeout, `reason` says how."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Process:
    """One child, started with `settings`; its files are in `folder`.

    From `ends_at` on (of time.monotonic) every wait raises OutOfTime.
    """

    def __init__(self, settings: Settings, folder: Path, ends_at: float) -> None:
        self._step_timeout_s, self._ends_at = settings.step_timeout_s, ends_at
        self._python = settings.interpreter.python
        self._beacon = Beacon.create(folder)
        # Open as long as the child lives; `stop` closes it.
        self._stderr = tempfile.TemporaryFile(mode="w+", dir=folder, errors="replace")  # noqa: SIM115
        plugins = [str(path.resolve()) for path in settings.load]
        self._process = subprocess.Popen(
            [
                settings.interpreter.python,
                # Keeps the working directory off the path: a file torch.py there is not torch.
                "-P",
                "-m",
                "bench.worker.entry",
                str(self._beacon.path),
                str(settings.threads),
                ",".join(map(str, settings.affinity or ())),
                settings.malloc,
                *plugins,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
            env=settings.environment(),
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()

    def wait_until_ready(self) -> dict[str, Any]:
        """The environment as the child finds it.

        Raises UsageError if it refuses a plug-in or its convcost speaks another protocol, InfrastructureError if a
        setting did not take effect in it, ProcessLost, OutOfTime.
        """
        event = self._next(START_TIMEOUT_S)
        if event["event"] == "refused":
            raise UsageError(event["reason"])
        if event["event"] == "unfit":
            raise InfrastructureError(event["reason"])
        environment: dict[str, Any] = event["environment"]
        if (spoken := event.get("protocol")) != PROTOCOL:
            version = environment.get("convcost", "?")
            raise UsageError(
                f"convcost {version} of {self._python} speaks {_words(spoken)} of workers, this one speaks {PROTOCOL}; "
                "install a convcost there that speaks the same, or measure its libraries with this one's code: "
                "--same-code"
            )
        return environment

    def ask(self, message: Message, more_s: float = 0.0) -> Iterator[Event]:
        """Send a message and yield its events as they come, "done" last.

        Raises ProcessLost if the child dies, or if one step takes more than `more_s` beyond the step time-out;
        OutOfTime.
        """
        self._send(message)
        while True:
            event = self._next(self._step_timeout_s + more_s)
            yield event
            if event["event"] == "done":
                return

    def answer(self, message: Message, more_s: float = 0.0) -> Event:
        """The event "done" of a message. Raises as `ask` does."""
        *_, done = self.ask(message, more_s)
        return done

    @property
    def running(self) -> int:
        """The index of the candidate that ran last; HARNESS if the worker's own code did, IDLE if it waited."""
        return self._beacon.read()[1]

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        if not self.has_ended:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            # A message that could not be sent is still in the pipe's buffer, and closing tries to send it again.
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        self._beacon.close()

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(message.to_json() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died() from error

    def _next(self, timeout_s: float) -> Event:
        """The next event; the time limit starts anew whenever the beacon moves."""
        steps, since = self._beacon.read()[0], time.monotonic()
        while True:
            if time.monotonic() > self._ends_at:
                raise OutOfTime
            try:
                line = self._lines.get(timeout=_POLL_S)
            except queue.Empty:
                steps_now = self._beacon.read()[0]
                if steps_now != steps:
                    steps, since = steps_now, time.monotonic()
                elif time.monotonic() - since > timeout_s:
                    raise ProcessLost(Status.TIMEOUT, f"one step took more than {timeout_s:g} s") from None
                continue
            if line is None:
                raise self._died()
            event: Event = json.loads(line)
            return event

    def _died(self) -> ProcessLost:
        try:
            code = self._process.wait(max(0.0, min(_END_TIMEOUT_S, self._ends_at - time.monotonic())))
        except subprocess.TimeoutExpired:
            # A thread or an exit handler of a plug-in keeps it alive.
            self._process.kill()
            self._process.wait()
            return ProcessLost(Status.TIMEOUT, "the worker process closed its output and did not end")
        if code == DISTURBED:
            return ProcessLost(Status.FAILED, self._last_words())
        how = f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.Signals(-code).name})"
        words = self._last_words()
        return ProcessLost(Status.CRASHED, f"the worker process ended with {how}" + (f": {words}" if words else ""))

    def _last_words(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().strip().split("\n")[-1][-_LAST_WORDS:]


def _words(protocol: int | None) -> str:
    return "no numbered protocol" if protocol is None else f"protocol {protocol}"


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Pass on each line of the child, then None."""
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        # The parent closed the pipe while stopping this child.
        pass
    lines.put(None)
