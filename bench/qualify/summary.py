"""Summarises the answers: errors, false alarms, slowdowns found, coverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from bench.estimates.binomial import Figure, quantile, share
from bench.estimates.conclusion import Conclusion
from bench.qualify.questions import CONDITIONS, METHODS, Answer

# One whole run of the small sweep: its times in seconds by (descriptor, implementation).
Times = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one condition and method. `power` is by each n asked, smallest slowdown first: 1 / n."""

    condition: str
    method: str
    error_p50: Figure
    error_p95: Figure
    error_max: float
    false_alarms: Figure
    coverage: Figure
    power: dict[int, Figure]
    stopped_early: Figure


@dataclass(frozen=True, slots=True)
class TimingLimit:
    """A figure and its limits; undecided if its interval spans a limit, or if the machine was busy."""

    name: str
    figure: Figure
    least: float
    most: float
    was_busy: bool = False

    @property
    def verdict(self) -> Conclusion:
        if self.least <= self.figure.value <= self.most:
            return Conclusion.MET
        low = self.figure.low if self.figure.low is not None else -float("inf")
        high = self.figure.high if self.figure.high is not None else float("inf")
        if low <= self.most and high >= self.least:
            return Conclusion.UNDECIDED
        return Conclusion.BUSY if self.was_busy else Conclusion.NOT_MET

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


def summarise(answers: Sequence[Answer]) -> list[Summary]:
    """A summary for each condition and method with answers."""
    found = []
    for condition in CONDITIONS:
        for method in METHODS:
            own = [a for a in answers if (a.question.condition, a.question.method) == (condition, method)]
            if own:
                found.append(_summary(condition, method, own))
    return found


def _summary(condition: str, method: str, answers: Sequence[Answer]) -> Summary:
    same = [a for a in answers if a.question.n is None]
    errors = [a.error for a in same]
    asked = sorted({a.question.n for a in answers if a.question.n is not None}, reverse=True)
    return Summary(
        condition,
        method,
        quantile(errors, 0.5),
        quantile(errors, 0.95),
        max(errors),
        share([a.finds_difference for a in same]),
        share([a.covers for a in answers]),
        {n: share([a.finds_slowdown for a in answers if a.question.n == n]) for n in asked},
        share([a.stopped_by != "max_seconds" for a in answers]),
    )


def between_runs(runs: Sequence[Times]) -> list[float]:
    """|ratio − 1| of every time between every two runs: the difference when nothing has changed."""
    return [
        abs(later[key] / earlier[key] - 1)
        for earlier, later in combinations(runs, 2)
        for key in sorted(earlier.keys() & later.keys())
    ]


def limits(summaries: Sequence[Summary], apart: Sequence[float], *, was_busy: bool = False) -> list[TimingLimit]:
    """The promises of this tool about its timing, with the figures found; on a busy machine none is broken for sure."""
    own = {s.condition: s for s in summaries if s.method == "convcost"}
    promised: list[tuple[str, Callable[[Summary], Figure], dict[str, tuple[float, float]]]] = [
        ("A/A |ratio − 1|, 95th percentile", lambda s: s.error_p95, {"quiet": (0, 0.007), "busy": (0, 0.012)}),
        ("false alarms", lambda s: s.false_alarms, dict.fromkeys(CONDITIONS, (0, 0.05))),
        ("2 % slower, found", lambda s: s.power[50], dict.fromkeys(CONDITIONS, (0.95, 1))),
        ("the 95 % interval covers the truth", lambda s: s.coverage, dict.fromkeys(CONDITIONS, (0.92, 0.99))),
    ]
    found = [
        TimingLimit(f"{condition}: {name}", figure(own[condition]), *bounds[condition], was_busy)
        for condition in own
        for name, figure, bounds in promised
    ]
    if apart:
        found.append(TimingLimit("whole runs: |ratio − 1|, 95th percentile", quantile(apart, 0.95), 0, 0.03, was_busy))
    return found
