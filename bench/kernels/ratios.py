"""Computes how many times faster than a rival: paired within blocks, and the geometric mean over shapes and runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from bench.estimates.intervals import Ratio, paired_ratio
from bench.estimates.student import NORMAL, coverage_factor
from bench.kernels.trials import ShapeResult
from bench.worker.trial import BlockTime, EntrantOutcome
from impls.interface import LAYOUTS

# One call on either side gives the ratio to within this factor, with 95 % confidence: on a shared machine, other users
# slow a call by less in nineteen cases of twenty.
_SINGLE_CALL_FACTOR = 2.0
# The reason why a mean has no interval: its shapes share what happened in the only run.
ONE_RUN = "one run"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One shape: the rival's time over ours; above 1 ours is faster.

    `draws` has its logarithm in each draw, by run, and is empty for times without blocks in common; `runs` has it in
    each run.
    """

    shape: str
    own: EntrantOutcome
    rival: EntrantOutcome
    ratio: Ratio
    draws: Mapping[int, tuple[float, ...]]
    runs: Mapping[int, float]

    @property
    def variance(self) -> float:
        """Of the mean of the logarithm over draws."""
        logs = self._logs
        if len(logs) < 2:
            return (math.log(_SINGLE_CALL_FACTOR) / coverage_factor(NORMAL)) ** 2
        return statistics.variance(logs) / len(logs)

    @property
    def freedom(self) -> int:
        return len(self._logs) - 1 if len(self._logs) > 1 else NORMAL

    @property
    def _logs(self) -> list[float]:
        return [log for logs in self.draws.values() for log in logs]

    def of(self, runs: Sequence[int]) -> Comparison:
        """The same with the logarithms of these runs only."""
        draws = {run: logs for run, logs in self.draws.items() if run in runs}
        return replace(self, draws=draws, runs={run: self.runs[run] for run in runs})

    def as_dict(self) -> dict[str, Any]:
        own, rival = self.own.entrant, self.rival.entrant
        return {
            "shape": self.shape,
            "implementation": own.implementation,
            "layout": own.layout,
            "rival": rival.implementation,
            "rival_layout": rival.layout,
            "ratio": self.ratio.estimate,
            "low": self.ratio.low,
            "high": self.ratio.high,
        }


@dataclass(frozen=True, slots=True)
class Mean:
    """A geometric mean of ratios with its 95 % interval, and the shape of the lowest (the floor).

    `tenth` is the 10 % quantile of the ratios, with its own interval. Without intervals their ends are None, and
    `reason` says why.
    """

    value: float
    low: float | None
    high: float | None
    shapes: int
    floor: float
    floor_shape: str
    reason: str | None = None
    tenth: float | None = None
    tenth_low: float | None = None
    tenth_high: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(result: ShapeResult, own: Sequence[str], rival: str, layouts: Sequence[str] = LAYOUTS) -> Comparison | None:
    """The best of ours in these layouts against the rival in its better layout; None if one is missing."""
    ours, theirs = result.best(own, layouts), result.best((rival,))
    return None if ours is None or theirs is None else paired(result.shape.name, ours, theirs)


def paired(shape: str, own: EntrantOutcome, rival: EntrantOutcome) -> Comparison:
    """The rival's time over our own. Raises ValueError for outcomes without samples."""
    ours, theirs = ({(s.run, s.draw, s.block): s.time_s for s in o.samples} for o in (own, rival))
    shared = sorted(ours.keys() & theirs.keys())
    if own.is_single or rival.is_single or not shared:
        ratio = Ratio((rival.median_s or math.nan) / (own.median_s or math.nan), None, None)
        return Comparison(shape, own, rival, ratio, {}, _unpaired(own.samples, rival.samples))
    groups = [list(places) for _, places in groupby(shared, key=lambda place: place[:2])]
    above, below = ([[times[p] for p in group] for group in groups] for times in (theirs, ours))
    draws: dict[int, tuple[float, ...]] = {}
    for ((run, _, _), *_), numerator, denominator in zip(groups, above, below, strict=True):
        log = statistics.median(math.log(a / b) for a, b in zip(numerator, denominator, strict=True))
        draws[run] = (*draws.get(run, ()), log)
    ratio = _with_interval(paired_ratio(above, below), [log for logs in draws.values() for log in logs])
    return Comparison(shape, own, rival, ratio, draws, {run: statistics.fmean(logs) for run, logs in draws.items()})


def _unpaired(own: Sequence[BlockTime], rival: Sequence[BlockTime]) -> dict[int, float]:
    """The logarithm of the ratio of medians in each run that both have."""
    ours, theirs = ({run: [s.time_s for s in samples if s.run == run] for run in {s.run for s in samples}}
                    for samples in (own, rival))  # fmt: skip
    return {
        run: math.log(statistics.median(theirs[run]) / statistics.median(ours[run]))
        for run in sorted(ours.keys() & theirs.keys())
    }


def _with_interval(ratio: Ratio, draws: Sequence[float]) -> Ratio:
    """The ratio with an interval from the draws alone, by Student's t, if there are fewer than six pairs."""
    if ratio.low is not None or len(draws) < 2:
        return ratio
    reach = coverage_factor(len(draws) - 1) * statistics.stdev(draws) / math.sqrt(len(draws))
    return Ratio(ratio.estimate, ratio.estimate * math.exp(-reach), ratio.estimate * math.exp(reach))


def geometric_mean(comparisons: Sequence[Comparison]) -> Mean | None:
    """The geometric mean over these very shapes, None without any; the intervals are for measuring them again.

    Shapes of one run share its processes and its hour, so the run is the unit: the mean of the logarithm over the
    shapes is taken run by run, and Student's t for the number of runs gives the interval, as of a mean of independent
    readings (JCGM 100:2008, "Guide to the Expression of Uncertainty in Measurement", 4.2.3 and G.3). It is never
    narrower than that of shapes that scatter independently. The quantile's interval comes from its scatter between
    runs likewise. Runs that lack one of the shapes do not count; with one run there is no interval.
    """
    if not comparisons:
        return None
    lowest = min(comparisons, key=lambda c: c.ratio.estimate)
    floor = len(comparisons), lowest.ratio.estimate, lowest.shape
    tenth = math.exp(_tenth([math.log(c.ratio.estimate) for c in comparisons]))
    runs = sorted(set.intersection(*(set(c.runs) for c in comparisons)))
    if len(runs) < 2:
        middle = statistics.fmean(math.log(c.ratio.estimate) for c in comparisons)
        return Mean(math.exp(middle), None, None, *floor, ONE_RUN, tenth)
    logs = [statistics.fmean(c.runs[run] for c in comparisons) for run in runs]
    middle, reach = statistics.fmean(logs), max(_by_runs(logs), _by_shapes([c.of(runs) for c in comparisons]))
    by_tenth = math.exp(_by_runs([_tenth([c.runs[run] for c in comparisons]) for run in runs]))
    low, high = math.exp(middle - reach), math.exp(middle + reach)
    return Mean(math.exp(middle), low, high, *floor, None, tenth, tenth / by_tenth, tenth * by_tenth)


def _by_runs(logs: Sequence[float]) -> float:
    """Half the width of the interval of the mean of a figure that each run gives."""
    return coverage_factor(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))


def _tenth(logs: Sequence[float]) -> float:
    """The 10 % quantile, interpolated between the two values on either side."""
    ordered, place = sorted(logs), 0.1 * (len(logs) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _by_shapes(comparisons: Sequence[Comparison]) -> float:
    """Half the width of the interval of the mean logarithm, were the shapes independent.

    The variances of the shapes' logarithms add up, and Student's t has the degrees of freedom of B. L. Welch and
    F. E. Satterthwaite (JCGM 100:2008, G.4.1).
    """
    variances = [c.variance for c in comparisons]
    spread = sum(v * v / c.freedom for v, c in zip(variances, comparisons, strict=True))
    freedom = sum(variances) ** 2 / spread if spread else NORMAL
    return coverage_factor(freedom) * math.sqrt(sum(variances)) / len(comparisons)
