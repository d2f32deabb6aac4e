"""The limits of the timing: what `convcost` promises, with what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.estimates.binomial import Figure
from bench.estimates.conclusion import Conclusion
from bench.qualify.between import Difference
from bench.qualify.questions import CONDITIONS
from bench.qualify.shown import Overshoots
from bench.qualify.summary import Summary

# Beyond this the spin of a slowed twin, and not the timing, would be tested.
_MOST_OVERSHOOT = 0.001
_WORDS = {"time_s": "times", "time_fast_s": "fast ends of times", "over_best": "ratios to the best"}


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


@dataclass(frozen=True, slots=True)
class _Promise:
    """A figure of the summaries, and its least and most value by condition."""

    name: str
    figure: Callable[[Summary], Figure | None]
    bounds: Mapping[str, tuple[float, float]]


def _in_both(least: float, most: float) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(CONDITIONS, (least, most))


_PROMISES = (
    _Promise(
        "|ratio − 1| of equal twins, 95th percentile",
        lambda s: s.error_p95,
        {"quiet": (0, 0.007), "busy": (0, 0.012)},
    ),
    _Promise("cases with an equal twin called slower", lambda s: s.false_alarms, _in_both(0, 0.05)),
    _Promise("2 % slower, called slower", lambda s: s.power[2], _in_both(0.95, 1)),
    # The intervals of a case are made to hold all at once (bench/estimates/against_best.py).
    _Promise("cases whose intervals all hold the truth", lambda s: s.together, _in_both(0.92, 0.99)),
    _Promise("half an interval of a ratio, median", lambda s: s.half_width, {"quiet": (0, 0.018)}),
    # A busy core stands for a bad hour.
    _Promise("times with an interval over ± 5 %", lambda s: s.wide, {"quiet": (0, 0.1), "busy": (0, 0.35)}),
)
_BETWEEN = {"p50": ("median", 0.02), "p95": ("95th percentile", 0.06)}


def limits(
    summaries: Sequence[Summary],
    differences: Sequence[Difference],
    overshoots: Sequence[Overshoots],
    *,
    was_busy: bool = False,
) -> list[TimingLimit]:
    """Every limit whose figure was measured; on a busy machine none is broken for sure."""
    found = []
    for summary in summaries:
        if summary.method != "convcost":
            continue
        for promise in _PROMISES:
            bounds, figure = promise.bounds.get(summary.condition), promise.figure(summary)
            if bounds is not None and figure is not None:
                found.append(TimingLimit(f"{summary.condition}: {promise.name}", figure, *bounds, was_busy))
    for difference in differences:
        for place, (words, most) in _BETWEEN.items():
            name = f"two runs: {_WORDS[difference.column]}, {words}"
            found.append(TimingLimit(name, getattr(difference, place), 0, most, was_busy))
    late = [late for run in overshoots for late in run.values()]
    if late:
        # The largest is no estimate: it has no interval of its own.
        largest = Figure(max(late), max(late), max(late), len(late))
        found.append(TimingLimit("overshoot of a slowed twin, largest", largest, 0, _MOST_OVERSHOOT, was_busy))
    return found
