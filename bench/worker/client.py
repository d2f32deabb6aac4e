"""The parent's side: starts the worker, feeds it tasks, and outlives it.

If the child dies or stops making progress, the candidate that was running (its beacon says which) gets the status
`crashed` or `timeout`, a new child takes its place, and the case goes on without the culprit.
"""

from __future__ import annotations

import json
import math
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.store.status import Status
from bench.worker.beacon import Beacon
from bench.worker.protocol import Calibrate, MeasureEnergy, Outcome, Task, no_joules
from bench.worker.settings import START_TIMEOUT_S, Settings

_POLL_S = 0.25
_LAST_WORDS = 300


class _Gone(Exception):
    """The child is no more; `status` is crashed or timeout, `reason` says what is known."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Worker:
    """One child process at a time, replaced when it is lost. A context manager.

    `environment` is the machine as the child found it, None before the first start; `sampling_s` the time that
    children spent in timed samples and their warm-up so far. From `ends_at` on (of time.monotonic) nothing is waited
    for any more: whatever is asked raises OutOfTime.
    """

    def __init__(self, settings: Settings, ends_at: float = math.inf) -> None:
        self.settings = settings
        self.ends_at = ends_at
        self.environment: dict[str, Any] | None = None
        self.processes_started = 0
        self.sampling_s = 0.0
        self._is_ready = False
        self._folder = tempfile.TemporaryDirectory(prefix="convcost-")
        self._child: _Child | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def launch(self) -> None:
        """Start a child if none runs, without waiting for it: several can import their libraries at once."""
        if self._child is None:
            self._child = _Child(self.settings, Path(self._folder.name), self.ends_at)
            self._is_ready = False
            self.processes_started += 1

    def start(self) -> dict[str, Any]:
        """Start a child if none runs, wait for it, and return its environment.

        Raises UsageError if it refuses its plug-ins, InfrastructureError if it does not start or a setting did not
        take effect in it.
        """
        self.launch()
        assert self._child is not None
        if not self._is_ready:
            try:
                self.environment = self._child.wait_until_ready()
            except _Gone as gone:
                self._stop()
                raise InfrastructureError(f"the worker process did not start: {gone.reason}") from gone
            except (UsageError, InfrastructureError, OutOfTime):
                self._stop()
                raise
            self._is_ready = True
        assert self.environment is not None
        return self.environment

    def calibrate(self, wanted: Calibrate) -> Calibration:
        """The ceilings of a device as the child finds them; empty, with the reason, if it does not survive that."""
        self.start()
        assert self._child is not None
        try:
            return self._child.calibrate(wanted)
        except _Gone as gone:
            self._stop()
            threads = self.settings.threads if wanted.device == "cpu" else None
            return Calibration(wanted.device, threads, failed=(gone.reason,))

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        """The joules of every implementation of the task, as a record of the journal; null for who loses the child."""
        lost: dict[str, Any] = {}
        found: dict[str, Any] = {}
        while names := tuple(n for n in task.implementations if n not in lost):
            attempt = replace(task, implementations=names)
            self.start()
            assert self._child is not None
            try:
                found = self._child.energy(attempt)
                break
            except _Gone as gone:
                culprit = self._child.candidate(attempt)
                self._stop()
                lost |= no_joules((culprit,) if culprit else names, f"{gone.status}: {gone.reason}")
        return {**found, "energy": {**found.get("energy", {}), **lost}}

    def run(self, task: Task) -> list[Outcome]:
        """The outcome of every implementation of the task, in its order, whatever becomes of the child."""
        outcomes: dict[str, Outcome] = {}
        while missing := tuple(n for n in task.implementations if n not in outcomes):
            attempt = replace(task, implementations=missing)
            self.start()
            assert self._child is not None
            try:
                for outcome in self._child.run(attempt):
                    outcomes[outcome.implementation] = outcome
                self.sampling_s += self._child.sampling_s
            except _Gone as gone:
                # Times of the process that is lost stand in no block with those that the next one will take.
                outcomes = {name: o for name, o in outcomes.items() if not o.samples}
                culprit = self._child.candidate(attempt)
                self._stop()
                # Nobody's call was running: inputs or truth could not be made, for none of them.
                blamed = (culprit,) if culprit else tuple(n for n in missing if n not in outcomes)
                for name in blamed:
                    outcomes[name] = Outcome(name, gone.status if culprit else Status.FAILED, gone.reason)
        return [outcomes[name] for name in task.implementations]

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None


class _Child:
    def __init__(self, settings: Settings, folder: Path, ends_at: float) -> None:
        self._step_timeout_s, self._ends_at = settings.step_timeout_s, ends_at
        self._beacon = Beacon.create(folder)
        # Kept open as long as the child lives; `stop` closes it.
        self._stderr = tempfile.TemporaryFile(mode="w+", dir=folder, errors="replace")  # noqa: SIM115
        plugins = [str(path.resolve()) for path in settings.load]
        self._process = subprocess.Popen(
            [
                sys.executable,
                # Keeps the working directory off the path: a torch.py that lies there is not torch.
                "-P",
                "-m",
                "bench.worker.entry",
                str(self._beacon.path),
                str(settings.threads),
                ",".join(map(str, settings.affinity or ())),
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
        # Of the task that was done last.
        self.sampling_s = 0.0
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()

    def wait_until_ready(self) -> dict[str, Any]:
        message = self._next(START_TIMEOUT_S)
        if message["event"] == "refused":
            raise UsageError(message["reason"])
        if message["event"] == "unfit":
            raise InfrastructureError(message["reason"])
        environment: dict[str, Any] = message["environment"]
        return environment

    def run(self, task: Task) -> Iterator[Outcome]:
        """Outcomes as they come. Raises _Gone if the child dies or a step takes too long."""
        self._send(task)
        while (message := self._next(self._step_timeout_s))["event"] != "done":
            yield Outcome.from_dict(message["outcome"])
        self.sampling_s = message["sampling_s"]

    def calibrate(self, wanted: Calibrate) -> Calibration:
        """Raises _Gone as `run` does."""
        self._send(wanted)
        return Calibration.from_dict(self._next(self._step_timeout_s)["calibration"])

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        """Raises _Gone as `run` does."""
        self._send(task)
        found: dict[str, Any] = self._next(self._step_timeout_s)["found"]
        return found

    def candidate(self, task: Task | MeasureEnergy) -> str | None:
        """The implementation of `task` that ran last, None if it was the harness itself."""
        _, index = self._beacon.read()
        return task.implementations[index] if 0 <= index < len(task.implementations) else None

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()
        self._beacon.close()

    def _send(self, message: Task | Calibrate | MeasureEnergy) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(message.to_json() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died() from error

    def _next(self, patience_s: float) -> dict[str, Any]:
        """The next event; the time limit starts anew whenever the beacon moves."""
        steps, since = self._beacon.read()[0], time.monotonic()
        while True:
            if time.monotonic() > self._ends_at:
                raise OutOfTime
            try:
                line = self._lines.get(timeout=_POLL_S)
            except queue.Empty:
                now_at = self._beacon.read()[0]
                if now_at != steps:
                    steps, since = now_at, time.monotonic()
                elif time.monotonic() - since > patience_s:
                    raise _Gone(Status.TIMEOUT, f"one step took more than {patience_s:g} s") from None
                continue
            if line is None:
                raise self._died()
            message: dict[str, Any] = json.loads(line)
            return message

    def _died(self) -> _Gone:
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.Signals(-code).name})"
        self._stderr.seek(0)
        words = self._stderr.read().strip().split("\n")[-1][-_LAST_WORDS:]
        return _Gone(Status.CRASHED, f"the worker process ended with {how}" + (f": {words}" if words else ""))


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    try:
        for line in stream:
            lines.put(line)
    except ValueError:
        # The parent closed the pipe while stopping this child.
        pass
    lines.put(None)
