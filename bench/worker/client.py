"""The parent's side: starts the worker, sends it work, and goes on if the child dies or hangs.

The candidate that was running (read from the beacon) then gets the status `crashed` or `timeout`; a new child is
started and measures the others again.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.store.status import Status
from bench.worker import elsewhere
from bench.worker.beacon import HARNESS, IDLE
from bench.worker.process import Process, ProcessLost
from bench.worker.protocol import Calibrate, Call, MeasureEnergy, Outcome, Task, no_joules
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome, Trial
from impls.registry import is_built_in

# A child that dies so often while no candidate runs is not killed from outside.
_MAX_DEATHS = 3

_Candidate = TypeVar("_Candidate", bound=Hashable)
_Result = TypeVar("_Result")


class Worker:
    """One child process at a time, replaced when it is lost. A context manager.

    `environment` is the machine as the child found it, None before the first start; `sampling_s` the time that
    `run` has spent in timed samples and their warm-up so far. From `ends_at` on (of time.monotonic) every method that
    waits for the child raises OutOfTime.
    """

    def __init__(self, settings: Settings, ends_at: float = math.inf) -> None:
        self.settings = settings
        self.ends_at = ends_at
        self.environment: dict[str, Any] | None = None
        self.processes_started = 0
        self.sampling_s = 0.0
        self._is_ready = False
        self._folder = tempfile.TemporaryDirectory(prefix="convcost-")
        self._process: Process | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def launch(self) -> None:
        """Start a child if none runs, without waiting for it: several can import their libraries at once.

        A child that has died while it waited for a message is replaced: none of its candidates is to blame.
        """
        if self._process is not None and self._is_ready and self._process.has_ended:
            self._stop()
        if self._process is None:
            elsewhere.rest()
            self._process = Process(self.settings, Path(self._folder.name), self.ends_at)
            self._is_ready = False
            self.processes_started += 1

    def renew(self) -> None:
        """Replace the child by a new one, which has other memory addresses."""
        self._stop()
        self.start()

    def start(self) -> dict[str, Any]:
        """Start a child if none runs, wait for it, and return its environment.

        Raises UsageError if it refuses its plug-ins, InfrastructureError if it does not start or a setting did not
        take effect in it.
        """
        for attempt in range(1, _MAX_DEATHS + 1):
            self.launch()
            assert self._process is not None
            if self._is_ready:
                break
            try:
                self.environment = self._process.wait_until_ready()
                self._is_ready = True
            except ProcessLost as lost:
                self._stop()
                # Where memory runs out the system kills whatever it finds.
                if not lost.is_killed or attempt == _MAX_DEATHS:
                    raise InfrastructureError(f"the worker process did not start: {lost.reason}") from lost
            except (UsageError, InfrastructureError, OutOfTime):
                self._stop()
                raise
        assert self.environment is not None
        return self.environment

    def calibrate(self, wanted: Calibrate) -> Calibration:
        """The ceilings of a device as the child measures them; empty, with the reason, if the child dies or hangs."""
        for _ in range(_MAX_DEATHS):
            try:
                return Calibration.from_dict(self._started().answer(wanted, "calibration"))
            except ProcessLost as lost:
                self._stop()
                reason = lost.reason
                if not lost.is_killed:
                    break
        threads = self.settings.threads if wanted.device == "cpu" else None
        return Calibration(wanted.device, threads, failed=(reason,))

    def call(self, call: Call) -> Any:
        """Call a function of ours in the child and return its result, in plain JSON types.

        Raises InfrastructureError if the function raises, or if the child dies or hangs.
        """
        try:
            return self._started().answer(call, "result", call.budget_s)
        except ProcessLost as lost:
            self._stop()
            raise InfrastructureError(lost.reason) from lost

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        """The joules of every implementation, as a record of the journal; null where the child dies or hangs."""
        rest: dict[str, Any] = {}

        def ask(process: Process, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
            rest.update(process.answer(replace(task, implementations=names), "found"))
            yield from rest["energy"].items()

        def blame(name: str, lost: ProcessLost) -> Any:
            return no_joules((name,), f"{lost.status}: {lost.reason}")[name]

        energy = self._survive(task.implementations, ask, blame)
        return {**rest, "energy": energy}

    def run(self, task: Task) -> list[Outcome]:
        """The outcome of every implementation of the task, in its order."""

        def ask(process: Process, names: tuple[str, ...]) -> Iterator[tuple[str, Outcome]]:
            for event in process.ask(replace(task, implementations=names)):
                if event["event"] == "done":
                    self.sampling_s += float(event.get("sampling_s", 0.0))
                else:
                    outcome = _outcome(event)
                    yield outcome.implementation, outcome

        def blame(name: str, lost: ProcessLost) -> Outcome:
            return Outcome(name, lost.status, lost.reason)

        # Times of the lost process share no block with those of the next: they are measured again.
        outcomes = self._survive(task.implementations, ask, blame, keeps=lambda outcome: not outcome.samples)
        return [outcomes[name] for name in task.implementations]

    def trial(self, trial: Trial) -> list[EntrantOutcome]:
        """The outcome of every entrant of the trial, in its order."""

        def ask(process: Process, entrants: tuple[Entrant, ...]) -> Iterator[tuple[Entrant, EntrantOutcome]]:
            outcomes = process.answer(replace(trial, entrants=entrants), "outcomes")
            for outcome in map(EntrantOutcome.from_dict, outcomes):
                yield outcome.entrant, outcome

        def blame(entrant: Entrant, lost: ProcessLost) -> EntrantOutcome:
            return EntrantOutcome(entrant, lost.status, lost.reason)

        outcomes = self._survive(trial.entrants, ask, blame)
        return [outcomes[entrant] for entrant in trial.entrants]

    def _survive(
        self,
        candidates: tuple[_Candidate, ...],
        ask: Callable[[Process, tuple[_Candidate, ...]], Iterator[tuple[_Candidate, _Result]]],
        blame: Callable[[_Candidate, ProcessLost], _Result],
        keeps: Callable[[_Result], bool] | None = None,
    ) -> dict[_Candidate, _Result]:
        """Ask for all candidates; if one kills the child, record it and ask again for the others.

        Our own candidate that was lost beside plug-ins is asked for again without them before it is blamed. `keeps`
        tells which results of a lost child stay (all by default); the others are asked for again.
        """
        found: dict[_Candidate, _Result] = {}
        deaths, is_apart = 0, False
        while missing := tuple(candidate for candidate in candidates if candidate not in found):
            asked = _batch(missing) if is_apart else missing
            process = self._started()
            try:
                for candidate, result in ask(process, asked):
                    if candidate in asked:
                        found[candidate] = result
                if not found.keys() >= set(asked):
                    raise ProcessLost(Status.FAILED, "the worker process left out its outcome")
                if is_apart and not _is_ours(asked[0]):
                    # What it left must reach no other.
                    self._stop()
            except ProcessLost as lost:
                index = process.running
                self._stop()
                if deaths < _MAX_DEATHS and (index == IDLE or (index == HARNESS and lost.is_killed)):
                    deaths += 1
                    continue
                if keeps is not None:
                    found = {candidate: result for candidate, result in found.items() if keeps(result)}
                if not is_apart and not lost.is_certain and _may_be_innocent(index, asked):
                    is_apart = True
                elif 0 <= index < len(asked):
                    found[asked[index]] = blame(asked[index], lost)
                else:
                    # No candidate was running: inputs or the truth could not be made, for any of them.
                    failed = ProcessLost(Status.FAILED, lost.reason)
                    found |= {candidate: blame(candidate, failed) for candidate in asked if candidate not in found}
        return found

    def _started(self) -> Process:
        self.start()
        assert self._process is not None
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


def environment_of(settings: Settings) -> dict[str, Any]:
    """The machine and libraries as a worker with these settings finds them. Raises as `Worker.start` does."""
    with Worker(settings) as worker:
        return worker.start()


def _outcome(event: dict[str, Any]) -> Outcome:
    """The outcome of an event. Raises ProcessLost for one that is none: a plug-in may write to any descriptor."""
    try:
        return Outcome.from_dict(event["outcome"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProcessLost(Status.FAILED, f"the worker process sent an outcome that is none: {error!r}") from error


def _is_ours(candidate: Hashable) -> bool:
    """Whether a candidate (a name, or an entrant of a trial) is an implementation of ours."""
    return is_built_in(str(getattr(candidate, "implementation", candidate)))


def _batch(missing: tuple[_Candidate, ...]) -> tuple[_Candidate, ...]:
    """The candidates to ask for together where plug-ins are kept apart: ours, then each plug-in alone."""
    return tuple(filter(_is_ours, missing)) or missing[:1]


def _may_be_innocent(index: int, asked: tuple[Hashable, ...]) -> bool:
    """Whether another one may have ended the process: a plug-in was asked for too, and none of the plug-ins ran."""
    others = [candidate for place, candidate in enumerate(asked) if place != index]
    return not all(map(_is_ours, others)) and not (0 <= index < len(asked) and not _is_ours(asked[index]))
