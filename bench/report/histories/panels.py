"""The series that a history's page draws: all rows together, rows that step, then each other implementation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.compare.comparable import Unlike
from bench.compare.history.history import History, HistoryStep
from bench.compare.sentences import case_names
from bench.format import count

EVERY = "all rows together"
# As git shows them.
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class SeriesPanel:
    """A series to draw: a value for each run, None where it is missing, and its steps by the run after each.

    `is_time` tells seconds from ratios. `raw` has the values before what all rows share was taken out; None where that
    is nothing.
    """

    name: str
    case: str
    values: tuple[float | None, ...]
    steps: tuple[tuple[int, HistoryStep], ...]
    is_time: bool
    raw: tuple[float | None, ...] | None = None

    @property
    def title(self) -> str:
        return f"{self.name}\n{self.case}" if self.case else self.name

    @property
    def heading(self) -> str:
        return " on ".join(filter(None, (self.name, self.case)))


def panels(found: History) -> list[SeriesPanel]:
    """Series that step, all rows together before single rows and the newest step first; then those that do not.

    A panel of an implementation is the middle of its rows, each over its own median; one that has no other row than
    those that step has no panel of its own.
    """
    timeline = found.timeline
    beside = timeline.logs if found.levels is None else timeline.logs - found.levels[:, None]
    names = case_names([key for key, _ in timeline.rows])
    stepped = dict.fromkeys((one.case_key, one.implementation) for one in found.steps)
    numbers = {row: number for number, row in enumerate(timeline.rows)}
    together = [] if found.levels is None else [_together(found)]
    drawn = []
    for key, name in stepped:
        if key is None or name is None:
            continue
        number = numbers[key, name]
        raw = None if found.levels is None else _plain(timeline.logs[:, number])
        own = _steps(found, key, name)
        drawn.append(SeriesPanel(name, names[key], _plain(beside[:, number]), own, True, raw))
    # Python's sort keeps the order of equals.
    return sorted([*together, *drawn, *_implementations(found, beside)], key=lambda one: not one.steps)


def step_on(step: HistoryStep) -> str:
    """The day of the first run after a step."""
    return step.after_utc[:10]


def goes_with(step: HistoryStep) -> str:
    """What changed with a step, in words."""
    return "; ".join(map(_change, step.changed)) or "nothing that runs record"


def _change(one: Unlike) -> str:
    old, new = one.old, one.new
    if one.name == "commit":
        old, new = (value[:_DIGITS] + ("+changes" if "+" in value else "") for value in (old, new))
    return f"{one.name} {old} → {new}"


def _together(found: History) -> SeriesPanel:
    levels = np.array([]) if found.levels is None else found.levels
    return SeriesPanel(EVERY, "", _plain(levels), _steps(found, None, None), False)


def _steps(found: History, key: str | None, name: str | None) -> tuple[tuple[int, HistoryStep], ...]:
    """The steps of a series with the number of the run after each, the oldest first."""
    places = {run.path: number for number, run in enumerate(found.timeline.runs)}
    own = [step for step in found.steps if (step.case_key, step.implementation) == (key, name)]
    return tuple(sorted(((places[step.after], step) for step in own), key=lambda one: one[0]))


def _implementations(found: History, beside: np.ndarray) -> Iterator[SeriesPanel]:
    stepping = {(step.case_key, step.implementation) for step in found.steps}
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(found.timeline.rows):
        if row not in stepping:
            groups.setdefault(row[1], []).append(number)
    for name, numbers in groups.items():
        rows = f"{count(len(numbers), 'row')} without a step"
        yield SeriesPanel(name, rows, _plain(_middle(beside[:, numbers])), (), False)


def _middle(logs: np.ndarray) -> np.ndarray:
    """The median over rows of their distances to their own medians, NaN in a run that has none of them."""
    distances = logs - np.nanmedian(logs, axis=0)
    return np.array([float(np.nanmedian(row)) if np.isfinite(row).any() else math.nan for row in distances])


def _plain(logs: Sequence[float] | np.ndarray) -> tuple[float | None, ...]:
    return tuple(math.exp(value) if math.isfinite(value) else None for value in logs)
