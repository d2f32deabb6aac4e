"""Runs the whole qualification, quiet and busy in random order, and writes its file."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, Interrupted
from bench.estimates.conclusion import Conclusion
from bench.format import count
from bench.machine.load import LoadWatch, is_busy
from bench.qualify import twin_runs
from bench.qualify.between import Difference, differences, repeats_better
from bench.qualify.limits import TimingLimit, limits
from bench.qualify.questions import Effort
from bench.qualify.shown import Shown
from bench.qualify.summary import Summary, summarise
from bench.qualify.twin_runs import TwinRun
from bench.store.runs import by_column, require_writable
from bench.worker.client import environment_of
from bench.worker.settings import Settings

# The first part is raised when a key changes its meaning or goes, the second when one is added.
FORMAT_VERSION = "2.0"
_now, _sleep = time.monotonic, time.sleep

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Qualification:
    """The finished runs of those that were planned, and the machine they were measured on.

    `others` is the mean number of processors that other programs used meanwhile, None if the system does not tell;
    `ended_by` the signal that ended one that is not whole.
    """

    environment: dict[str, Any]
    device: str
    runs: tuple[TwinRun, ...]
    planned: int
    wall_s: float
    others: float | None = None
    ended_by: int = signal.SIGINT

    @property
    def is_whole(self) -> bool:
        return len(self.runs) == self.planned

    @property
    def shown(self) -> list[Shown]:
        return [s for run in self.runs for s in run.shown]

    @property
    def summaries(self) -> list[Summary]:
        return summarise(self.shown)

    @property
    def differences(self) -> list[Difference]:
        return differences(self.shown)

    @property
    def limits(self) -> list[TimingLimit]:
        overshoots = [run.overshoots for run in self.runs]
        return limits(self.summaries, self.differences, overshoots, was_busy=is_busy(self.others))

    @property
    def is_missed(self) -> bool:
        """Whether a limit is not met."""
        return any(limit.verdict is Conclusion.NOT_MET for limit in self.limits)

    @property
    def faults(self) -> list[str]:
        """The twins that had no time, in the words of the first run that tells."""
        return list(dict.fromkeys(fault for run in self.runs for fault in run.faults))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, all that runs showed by column.

        `threshold` has the relative difference between two runs that chance explains, by column of a sweep.
        """
        between = self.differences
        return {
            "format_version": FORMAT_VERSION,
            "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "environment": self.environment,
            "device": self.device,
            "wall_s": self.wall_s,
            "others_processors": self.others,
            "planned_runs": self.planned,
            "threshold": {difference.column: difference.as_dict() for difference in between} or None,
            "repeats_better": repeats_better(between),
            "limits": [limit.as_dict() for limit in self.limits],
            "summaries": [summary.as_dict() for summary in self.summaries],
            "runs": [run.as_dict() for run in self.runs],
            "shown": by_column([s.as_dict() for s in self.shown]),
        }


def qualify(effort: Effort, settings: Settings, seed: int, progress: Progress, device: str = "cpu") -> Qualification:
    """Measure all runs, spread over the time of the effort; those that Ctrl-C leaves are the answer.

    Raises InfrastructureError if a worker does not start or is lost, Interrupted before the first run has ended.
    """
    began, watch, runs = _now(), LoadWatch(), list[TwinRun]()
    environment, ended_by = environment_of(settings), int(signal.SIGINT)
    try:
        for number, condition in enumerate(effort.conditions(seed)):
            _wait_until(began + _due_s(number, effort, runs))
            runs.append(twin_runs.run(number, condition, effort, settings, device, began, seed))
            progress(_line(runs, effort, _now() - began))
    except Interrupted as error:
        if not runs:
            raise
        ended_by = error.number
    wall_s = _now() - began
    return Qualification(environment, device, tuple(runs), effort.runs, wall_s, watch.others(), ended_by)


def require_whole(qualification: Qualification) -> None:
    """Raise Interrupted, after its answer was kept, for one that Ctrl-C ended."""
    if not qualification.is_whole:
        error = Interrupted(qualification.ended_by)
        error.advice = f"the figures are of {len(qualification.runs)} of {count(qualification.planned, 'run')}"
        raise error


def _due_s(number: int, effort: Effort, done: list[TwinRun]) -> float:
    """When a run is due, from the start: the last one then ends with the time, if it takes as long as the others."""
    if effort.runs < 2:
        return 0.0
    longest_s = max((run.wall_s for run in done), default=0.0)
    return number * max(0.0, effort.spread_s - longest_s) / (effort.runs - 1)


def _wait_until(due: float) -> None:
    _sleep(max(0.0, due - _now()))


def _line(runs: list[TwinRun], effort: Effort, spent_s: float) -> str:
    """The progress after a run, with the time that is left."""
    last, left = runs[-1], effort.runs - len(runs)
    left_s = max(left * sum(run.wall_s for run in runs) / len(runs), effort.spread_s - spent_s if left else 0.0)
    rest = f"; {left_s / 60:.0f} min left" if left_s >= 60 else f"; {left_s:.0f} s left" if left else ""
    faults = f"; {'; '.join(last.faults)}" if last.faults else ""
    return f"run {len(runs)} of {effort.runs}: {last.condition}, {last.wall_s:.0f} s{rest}{faults}"


def require_place(results: Path) -> Path:
    """The folder of the qualifications. Raises InfrastructureError if it cannot be written."""
    folder = results / "qualify"
    require_writable(folder)
    return folder


def store(qualification: Qualification, results: Path) -> Path:
    """Write results/qualify/<utc>-<host>.json. Raises InfrastructureError if it cannot be written."""
    host = qualification.environment.get("host") or "host"
    file = require_place(results) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host}.json"
    try:
        file.write_text(json.dumps(qualification.as_dict(), allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return file
