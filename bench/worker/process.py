"""The parent's side of one worker: start it, send it messages, wait for its events, notice when it is lost."""

from __future__ import annotations

import json
import os
import queue
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.format import byte_count
from bench.store.status import Status
from bench.worker.beacon import DISTURBED, Beacon
from bench.worker.child import Child
from bench.worker.protocol import PROTOCOL, Message
from bench.worker.settings import START_TIMEOUT_S, Settings

Event = dict[str, Any]

# How often the beacon is read while nothing arrives.
_POLL_S = 0.25
_LAST_WORDS = 300
# How long a child that has closed its output may take to end.
_END_TIMEOUT_S = 5.0
_FORGED = "something wrote to the output by which the worker process answers"


class ProcessLost(Exception):
    """The child process crashed or made no progress; `status` is crashed or timeout, `reason` says how.

    `is_certain`: the child itself named the candidate that is to blame; `is_killed`: a signal ended it.
    """

    def __init__(self, status: Status, reason: str, *, is_certain: bool = False, is_killed: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.is_certain, self.is_killed = is_certain, is_killed


class Process:
    """One child, started with `settings`; its files are in `folder`.

    From `ends_at` on (of time.monotonic) every wait raises OutOfTime.
    """

    def __init__(self, settings: Settings, folder: Path, ends_at: float) -> None:
        self._step_timeout_s, self._ends_at = settings.step_timeout_s, ends_at
        self._python, self._max_memory_bytes = settings.interpreter.python, settings.max_memory_bytes
        self._beacon = Beacon.create(folder)
        # Open as long as the child lives; `stop` closes it.
        self._stderr = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        plugins = [str(path.resolve()) for path in settings.load]
        self._child = Child(
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
            settings.environment(),
            self._stderr,
        )

    def wait_until_ready(self) -> dict[str, Any]:
        """The environment as the child finds it.

        Raises UsageError if it refuses a plug-in or its convcost speaks another protocol, InfrastructureError if a
        setting did not take effect in it, ProcessLost, OutOfTime.
        """
        event = self._next(START_TIMEOUT_S)
        if event["event"] == "refused":
            raise UsageError(str(event.get("reason")))
        if event["event"] == "unfit":
            raise InfrastructureError(str(event.get("reason")))
        environment: dict[str, Any] = event.get("environment", {})
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

    def answer(self, message: Message, key: str, more_s: float = 0.0) -> Any:
        """What the event "done" of a message has under `key`. Raises as `ask` does, and ProcessLost without it."""
        *_, done = self.ask(message, more_s)
        if key not in done:
            raise ProcessLost(Status.FAILED, _FORGED)
        return done[key]

    @property
    def running(self) -> int:
        """The index of the candidate that ran last; HARNESS if the worker's own code did, IDLE if it waited."""
        return self._beacon.read()[1]

    @property
    def has_ended(self) -> bool:
        return self._child.exit_code is not None

    def stop(self) -> None:
        self._child.end()
        self._stderr.close()
        self._beacon.close()

    def _send(self, message: Message) -> None:
        try:
            is_read = self._child.send(message.to_json(), min(time.monotonic() + self._step_timeout_s, self._ends_at))
        except BrokenPipeError as error:
            raise self._died() from error
        if not is_read:
            self._require_time()
            raise ProcessLost(Status.TIMEOUT, f"it read no message within {self._step_timeout_s:g} s")

    def _require_time(self) -> None:
        if time.monotonic() > self._ends_at:
            raise OutOfTime

    def _next(self, timeout_s: float) -> Event:
        """The next event; the time limit starts anew whenever the beacon moves."""
        steps, since = self._beacon.read()[0], time.monotonic()
        while True:
            self._require_time()
            # A process that it left may hold its output open: then no end of the lines tells that it has ended.
            has_ended = self.has_ended
            try:
                line = self._child.lines.get(timeout=_POLL_S)
            except queue.Empty:
                if has_ended:
                    raise self._died() from None
                self._require_memory()
                steps_now = self._beacon.read()[0]
                if steps_now != steps:
                    steps, since = steps_now, time.monotonic()
                elif time.monotonic() - since > timeout_s:
                    raise ProcessLost(Status.TIMEOUT, f"one step took more than {timeout_s:g} s") from None
                continue
            if line is None:
                raise self._died()
            return _event(line)

    def _require_memory(self) -> None:
        """Raise ProcessLost if the child holds more memory than it may."""
        most = self._max_memory_bytes
        if most is not None and self._child.resident_bytes > most:
            raise ProcessLost(
                Status.FAILED, f"the worker process used more than {byte_count(most)} of memory (--max-worker-memory)"
            )

    def _died(self) -> ProcessLost:
        if not self._child.ended_within(max(0.0, min(_END_TIMEOUT_S, self._ends_at - time.monotonic()))):
            # A thread or an exit handler of a plug-in keeps it alive.
            return ProcessLost(Status.TIMEOUT, "the worker process closed its output and did not end")
        code = self._child.exit_code or 0
        if code == DISTURBED:
            return ProcessLost(Status.FAILED, self._last_words(), is_certain=True)
        how = f"exit code {code}" if code >= 0 else f"signal {-code} ({_signal_name(-code)})"
        words = self._last_words()
        reason = f"the worker process ended with {how}" + (f": {words}" if words else "")
        return ProcessLost(Status.CRASHED, reason, is_killed=code < 0)

    def _last_words(self) -> str:
        end = self._stderr.seek(0, os.SEEK_END)
        # A character may have four bytes.
        self._stderr.seek(max(0, end - 8 * _LAST_WORDS))
        return self._stderr.read().decode(errors="replace").strip().split("\n")[-1][-_LAST_WORDS:]


def _event(line: str) -> Event:
    """The event of a line. Raises ProcessLost for anything else: a plug-in may write to any descriptor."""
    with suppress(ValueError, RecursionError):
        event = json.loads(line)
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            return event
    raise ProcessLost(Status.FAILED, _FORGED)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time signal"


def _words(protocol: int | None) -> str:
    return "no numbered protocol" if protocol is None else f"protocol {protocol}"
