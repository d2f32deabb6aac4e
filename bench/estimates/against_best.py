"""Intervals of several times against the best of them, which hold all at once. Pure functions of logarithms.

Twelve intervals of 95 % miss the truth more often than one, and the best is chosen by the same samples: with thirteen
equal candidates, pairs alone call some of them slower in two cases of three. Here, with 95 % confidence, none of those
that are as fast as the best has an interval wholly above 1.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.estimates.intervals import MIN_BLOCKS, Groups, Interval, Ratio, dependence
from bench.estimates.student import NORMAL, coverage_factor, range_factor

# The scatter that candidates of one case have in common counts as much as this many degrees of freedom of its own.
COMMON_FREEDOM = 5.0
# A candidate whose variance is this many times that of the median candidate is in a world of its own: other programs
# met it alone. With two equal candidates beside the best in three processes, one of them is in one case of fifty.
FAR_APART = 100.0
# From the median distance to a median to a standard deviation, and from there to the standard error of a median.
_FROM_MEDIAN_DISTANCE = 1.4826
_OF_A_MEDIAN = math.sqrt(math.pi / 2)


@dataclass(frozen=True, slots=True)
class Against:
    """The logarithms of one time over that of the best: for each unit (a process) its median over blocks.

    Units in which the two did not meet are missing. `blocks` is the number of pairs, `block_error` the standard error
    of the mean of the medians by the scatter within units alone.
    """

    units: dict[int, float]
    blocks: int
    block_error: float

    @property
    def mean(self) -> float:
        return statistics.fmean(self.units.values())

    @classmethod
    def of(cls, units: Iterable[tuple[int, Groups]]) -> Against:
        """From the logarithms of each unit, by draw. Raises ValueError without any."""
        filled = {unit: [list(draw) for draw in draws if len(draw)] for unit, draws in units}
        filled = {unit: draws for unit, draws in filled.items() if draws}
        if not filled:
            raise ValueError("a comparison needs at least one pair; 0 were given")
        medians = {unit: statistics.median(v for draw in draws for v in draw) for unit, draws in filled.items()}
        blocks = sum(len(draw) for draws in filled.values() for draw in draws)
        return cls(medians, blocks, _block_error(filled, medians))


def _block_error(units: dict[int, list[list[float]]], medians: dict[int, float]) -> float:
    """The standard error of the mean of the medians, from the median distance to them; 0 with one block a unit."""
    distances = [abs(v - medians[unit]) for unit, draws in units.items() for draw in draws for v in draw]
    count, spare = len(distances), len(distances) - len(units)
    if spare < 1:
        return 0.0
    deviation = _FROM_MEDIAN_DISTANCE * statistics.median(distances) * math.sqrt(count / spare)
    variances = 0.0
    for draws in units.values():
        own = sum(map(len, draws))
        variances += sum(dependence(draw) * len(draw) for draw in draws) / own**2
    return _OF_A_MEDIAN * deviation * math.sqrt(variances) / len(units)


def ratios(others: Sequence[Against]) -> list[Ratio]:
    """The ratio of each time to that of the best, in the given order; no interval under MIN_BLOCKS pairs.

    The slowest in proportion to its uncertainty is tested first, as one of all means; if its interval is above 1 it is
    set aside, and the next is tested as one of those that are left (P. R. Hansen, A. Lunde, J. M. Nason, "The Model
    Confidence Set", Econometrica 79(2), 2011, section 2: those as good as the best stay with 95 % confidence). The
    limit of each step is that of the range of so many means (`range_factor`), as the best was chosen by the same
    samples: J. C. Hsu's constrained comparison with the best (Annals of Statistics 12(3), 1984) would need less, but
    keeps one fixed best only, and not each that is as fast.
    """
    reaches: dict[int, float] = {}
    left = [number for number, other in enumerate(others) if other.blocks >= MIN_BLOCKS]
    while left:
        found = dict(zip(left, _reaches([others[number] for number in left]), strict=True))
        reaches |= found
        slowest = max(left, key=lambda number: _excess(others[number].mean, found[number]))
        if others[slowest].mean <= found[slowest]:
            break
        left.remove(slowest)
    return [_ratio(other.mean, reaches.get(number)) for number, other in enumerate(others)]


def held_together(value: float, ends: Interval, count: int) -> Interval:
    """The 95 % interval of one of `count` values, so wide that all that do not overlap differ, with 95 % confidence.

    For values without pairs. Two intervals that just do not overlap differ by √2 standard uncertainties more than two
    values must; that is enough for five values (`range_factor`), more of them need wider intervals.
    """
    factor = range_factor(count, NORMAL) / (math.sqrt(2) * coverage_factor(NORMAL)) if count > 1 else 1.0
    low, high = (value + max(1.0, factor) * (end - value) for end in ends)
    return low, high


def _excess(mean: float, reach: float) -> float:
    return mean / reach if reach > 0 else math.copysign(math.inf, mean) if mean else 0.0


def _ratio(mean: float, reach: float | None) -> Ratio:
    if reach is None:
        return Ratio(math.exp(mean), None, None)
    # An interval too wide for a float is as good as none: its ends are bounded.
    reach = min(reach, 300.0)
    return Ratio(math.exp(mean), math.exp(mean - reach), math.exp(mean + reach))


def _reaches(others: Sequence[Against]) -> list[float]:
    """Half the width of each interval, as one of so many means and that of the best, on a logarithmic scale.

    The variance of a mean over units is that of its own units and that which the candidates have in common, weighted by
    their degrees of freedom (G. K. Smyth, "Linear Models and Empirical Bayes Methods for Assessing Differential
    Expression", Statistical Applications in Genetics and Molecular Biology 3(1), 2004, section 3): three processes
    alone know little about their scatter. A candidate that scatters far more than the others neither lends nor borrows.
    Blocks bound the width from below, in case units agree by luck.
    """
    own = [_variance(list(other.units.values())) for other in others]
    most = FAR_APART * statistics.median_low(own)
    calm = [other for other, variance in zip(others, own, strict=True) if variance <= most]
    common, freedom = _common_variance(calm)
    found = []
    for other, variance in zip(others, own, strict=True):
        spare = len(other.units) - 1
        # The candidate's own variance is a part of the common one. Half of the degrees of freedom of the others count.
        weight = min(COMMON_FREEDOM, max(0.0, (freedom - spare) / 2)) if variance <= most else 0.0
        reach = range_factor(len(others) + 1, NORMAL) * other.block_error
        if spare + weight > 0:
            mixed = (weight * common + spare * variance) / (weight + spare) / len(other.units)
            reach = max(reach, range_factor(len(others) + 1, spare + weight) * math.sqrt(mixed))
        found.append(reach)
    return found


def _variance(values: Sequence[float]) -> float:
    """The variance of some values, 0 for a single one."""
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0


def _common_variance(others: Sequence[Against]) -> tuple[float, float]:
    """The variance of a difference between two candidates in one unit, and its degrees of freedom.

    The residual of candidates × units after the means of both (a randomised complete block design), over those that
    were measured in every unit; the best is one of the candidates.
    """
    units = sorted({unit for other in others for unit in other.units})
    whole = [[other.units[unit] for unit in units] for other in others if len(other.units) == len(units)]
    if len(units) < 2 or not whole:
        return 0.0, 0.0
    table = np.array([[0.0] * len(units), *whole])
    residual = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    freedom = (len(table) - 1) * (len(units) - 1)
    return 2 * float((residual**2).sum()) / freedom, float(freedom)
