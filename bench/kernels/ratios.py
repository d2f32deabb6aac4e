"""Computes how many times faster than a rival: paired within blocks, and the geometric mean over shapes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from bench.estimates.intervals import Ratio, paired_ratio
from bench.estimates.student import NORMAL, coverage_factor
from bench.kernels.trials import ShapeResult
from bench.worker.trial import EntrantOutcome
from impls.interface import LAYOUTS

# One call on either side gives the ratio to within this factor, with 95 % confidence: on a shared machine, other users
# slow a call by less in nineteen cases of twenty.
_SINGLE_CALL_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One shape: the rival's time over ours (above 1: ours is faster), and its logarithm in each draw."""

    shape: str
    own: EntrantOutcome
    rival: EntrantOutcome
    ratio: Ratio
    draws: tuple[float, ...]

    @property
    def variance(self) -> float:
        """Of the mean of the logarithm over draws."""
        if len(self.draws) < 2:
            return (math.log(_SINGLE_CALL_FACTOR) / coverage_factor(NORMAL)) ** 2
        return statistics.variance(self.draws) / len(self.draws)

    @property
    def freedom(self) -> int:
        return len(self.draws) - 1 if len(self.draws) > 1 else NORMAL

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
    """A geometric mean of ratios with its 95 % interval, and the shape of the lowest (the floor)."""

    value: float
    low: float
    high: float
    shapes: int
    floor: float
    floor_shape: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(result: ShapeResult, own: Sequence[str], rival: str, layouts: Sequence[str] = LAYOUTS) -> Comparison | None:
    """The best of ours in these layouts against the rival in its better layout; None if one is missing."""
    ours, theirs = result.best(own, layouts), result.best((rival,))
    return None if ours is None or theirs is None else paired(result.shape.name, ours, theirs)


def paired(shape: str, own: EntrantOutcome, rival: EntrantOutcome) -> Comparison:
    """The rival's time over our own. Raises ValueError for outcomes without samples."""
    ours, theirs = ({(draw, block): s for draw, block, s in o.samples} for o in (own, rival))
    shared = sorted(ours.keys() & theirs.keys())
    if own.is_single or rival.is_single or not shared:
        ratio = Ratio((rival.median_s or math.nan) / (own.median_s or math.nan), None, None)
        return Comparison(shape, own, rival, ratio, ())
    groups = [list(places) for _, places in groupby(shared, key=lambda place: place[0])]
    above, below = ([[times[p] for p in group] for group in groups] for times in (theirs, ours))
    draws = tuple(
        statistics.median(math.log(a / b) for a, b in zip(*pair, strict=True))
        for pair in zip(above, below, strict=True)
    )
    return Comparison(shape, own, rival, _with_interval(paired_ratio(above, below), draws), draws)


def _with_interval(ratio: Ratio, draws: Sequence[float]) -> Ratio:
    """The ratio with an interval from the draws alone, by Student's t, if there are fewer than six pairs."""
    if ratio.low is not None or len(draws) < 2:
        return ratio
    reach = coverage_factor(len(draws) - 1) * statistics.stdev(draws) / math.sqrt(len(draws))
    return Ratio(ratio.estimate, ratio.estimate * math.exp(-reach), ratio.estimate * math.exp(reach))


def geometric_mean(comparisons: Sequence[Comparison]) -> Mean | None:
    """The geometric mean over these very shapes, None without any; the interval is for measuring them again.

    The variances of the shapes' logarithms add up, and Student's t has the degrees of freedom of B. L. Welch and
    F. E. Satterthwaite (JCGM 100:2008, "Guide to the Expression of Uncertainty in Measurement", G.4.1).
    """
    if not comparisons:
        return None
    n = len(comparisons)
    middle = statistics.fmean(math.log(c.ratio.estimate) for c in comparisons)
    variances = [c.variance for c in comparisons]
    spread = sum(v * v / c.freedom for v, c in zip(variances, comparisons, strict=True))
    freedom = sum(variances) ** 2 / spread if spread else NORMAL
    reach = coverage_factor(freedom) * math.sqrt(sum(variances)) / n
    lowest = min(comparisons, key=lambda c: c.ratio.estimate)
    return Mean(
        math.exp(middle), math.exp(middle - reach), math.exp(middle + reach), n,
        lowest.ratio.estimate, lowest.shape,
    )  # fmt: skip
