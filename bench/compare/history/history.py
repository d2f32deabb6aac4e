"""The history of a machine: its steps, of all rows together and of single rows, and what changed with each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.compare.comparable import Unlike
from bench.compare.history.steps import LEAST_RUNS, SeriesStep, find_steps
from bench.compare.history.timeline import CHANGES, Timeline, folders_in, read
from bench.compare.sides import ComparedRun
from bench.errors import UsageError

FORMAT_VERSION = "1.0"
# With fewer rows, what they share cannot be told from their own changes.
_LEAST_ROWS = 10


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """A step: the row, None for all rows together; the ratio of times after over before with its 95 % interval.

    `before` and `after` are the runs that it lies between; `changed` what differs between them.
    """

    case_key: str | None
    implementation: str | None
    ratio: float
    low: float
    high: float
    p: float
    before: str
    after: str
    after_utc: str
    changed: tuple[Unlike, ...]

    def as_dict(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in self.__slots__}
        return {**own, "changed": [one.as_dict() for one in self.changed]}


@dataclass(frozen=True, slots=True)
class History:
    """The history of one machine: its runs, and their steps, the newest first.

    `levels` is what all rows share in each run, as a logarithm; None with too few rows.
    """

    timeline: Timeline
    steps: tuple[HistoryStep, ...]
    levels: np.ndarray | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the series that were searched."""
        timeline = self.timeline
        return {
            "format_version": FORMAT_VERSION,
            "machine": timeline.machine,
            "runs": [_about(run) for run in timeline.runs],
            "steps": [step.as_dict() for step in self.steps],
            "together": None if self.levels is None else _plain(np.exp(self.levels)),
            "series": [
                {"case_key": key, "implementation": name, "time_s": _plain(np.exp(timeline.logs[:, number]))}
                for number, (key, name) in enumerate(timeline.rows)
            ],
            "left_out": list(timeline.left_out),
            "other_machines": dict(timeline.others),
        }


def history(folders: Sequence[Path], results: Path, machine: str | None = None) -> History:
    """The history of the machine of these runs, by default of all in `results`.

    Raises UsageError for fewer than LEAST_RUNS runs of the machine, and as `timeline.read` and `find_steps` do.
    """
    timeline = read(folders or folders_in(results), machine)
    if len(timeline.runs) < LEAST_RUNS:
        others = "".join(f"; {number} of {key}" for key, number in timeline.others.items())
        raise UsageError(
            f"there {_so_many(len(timeline.runs))} of {timeline.machine}{others}; steps are found in at least "
            f"{LEAST_RUNS}: measure more, or name another machine with --machine"
        )
    return of_timeline(timeline)


def _so_many(number: int) -> str:
    return "is 1 run" if number == 1 else f"are {number} runs"


def of_timeline(timeline: Timeline) -> History:
    """The steps of all rows together and, beside those, of each row."""
    levels = shared_levels(timeline.logs)
    whole = np.zeros(len(timeline.runs)) if levels is None else levels
    # The first series is that of all rows: it is one more among the tests.
    series = np.column_stack([whole, timeline.logs - whole[:, None]])
    found = sorted(find_steps(series), key=lambda step: (-step.at, step.series))
    return History(timeline, tuple(_named(timeline, step) for step in found), levels)


def shared_levels(logs: np.ndarray) -> np.ndarray | None:
    """What the rows of each run share: the median of their distances to their own medians; None with few rows.

    Runs may have other rows than their neighbours. A run without a row of at least three runs has the level 0.
    """
    common = np.isfinite(logs).sum(axis=0) >= LEAST_RUNS
    if int(common.sum()) < _LEAST_ROWS:
        return None
    distances = logs[:, common] - np.nanmedian(logs[:, common], axis=0)
    return np.array([float(np.nanmedian(row)) if np.isfinite(row).any() else 0.0 for row in distances])


def _named(timeline: Timeline, step: SeriesStep) -> HistoryStep:
    """A step with its row, and with the runs on both sides of it that have the row."""
    runs = timeline.runs
    before = step.at - 1
    if step.series:
        column = timeline.logs[: step.at, step.series - 1]
        before = int(np.flatnonzero(np.isfinite(column))[-1])
    key, name = timeline.rows[step.series - 1] if step.series else (None, None)
    old, new = runs[before], runs[step.at]
    return HistoryStep(
        key, name, math.exp(step.change), math.exp(step.low), math.exp(step.high), step.p, old.path, new.path,
        new.created_utc, tuple(_changed(old, new)),
    )  # fmt: skip


def _changed(old: ComparedRun, new: ComparedRun) -> list[Unlike]:
    values = [(name, old.environment.get(name), new.environment.get(name)) for name in CHANGES]
    return [Unlike(name, _word(a), _word(b)) for name, a, b in values if a != b]


def _word(value: Any) -> str:
    return "unknown" if value is None else str(value)


def _about(run: ComparedRun) -> dict[str, Any]:
    environment = {name: run.environment.get(name) for name in CHANGES}
    return {"path": run.path, "created_utc": run.created_utc or None, "environment": environment}


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]
