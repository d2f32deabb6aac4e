"""From samples to numbers: medians, their intervals, paired ratios. Pure functions of lists of floats.

Samples come in groups, one a draw: the layout of memory, page tables and code are drawn once a process and once a
plan, so samples of one draw are alike in a way that those of another are not. Within a group they are blocks in time.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.estimates.student import CONFIDENCE, NORMAL, coverage_factor

# The interval between the smallest and the largest of n samples covers the median with probability
# 1 − 2^(1−n): 6 is the least n for which that is 95 %.
MIN_BLOCKS = 6
# Fewer samples than this say nothing about how they depend on each other.
_MIN_FOR_DEPENDENCE = 20

Groups = Sequence[Sequence[float]]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of times with its 95 % interval; `low` and `high` are None under MIN_BLOCKS pairs."""

    estimate: float
    low: float | None
    high: float | None

    @property
    def rel_half_width(self) -> float | None:
        """Half the width of the interval over the estimate, None without an interval."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / (2 * self.estimate)


def median_interval(samples: Sequence[float]) -> Interval | None:
    """The distribution-free 95 % interval of the median of one draw, or None under MIN_BLOCKS samples.

    Order statistics k and n + 1 − k with the largest k for which Binomial(n, ½) keeps 95 % between them (H. A. David,
    H. N. Nagaraja, "Order Statistics", 3rd ed., section 7.1), moved outwards where samples depend on those before them.
    """
    n = len(samples)
    if n < MIN_BLOCKS:
        return None
    ordered = sorted(samples)
    rank = math.floor(n / 2 - (n / 2 - _rank(n)) * math.sqrt(dependence(samples)))
    rank = max(1, rank)
    return ordered[rank - 1], ordered[n - rank]


@functools.cache
def _rank(n: int) -> int:
    """The largest k for which order statistics k and n + 1 − k keep 95 % of Binomial(n, ½) between them."""
    below, k = 0, 0
    while True:
        below += math.comb(n, k)
        # Whole numbers are divided exactly, however many samples there are; as a factor 2^n would have no float.
        if 2 * below / 2**n > 1 - CONFIDENCE:
            return k
        k += 1


def dependence(samples: Sequence[float]) -> float:
    """How many samples say as much about the median as one that depends on no other; 1 for independent samples.

    1 + 2 Σ ρ_k over the lags k before the correlation of lying above the median is lost in its noise (initial sequence
    of C. J. Geyer, "Practical Markov Chain Monte Carlo", Statistical Science 7(4), 1992, section 3.3).
    """
    n = len(samples)
    if n < _MIN_FOR_DEPENDENCE:
        return 1.0
    values = np.asarray(samples, dtype=np.float64)
    side = np.sign(values - np.median(values))
    total = 1.0
    for lag in range(1, n // 4):
        correlation = float(side[lag:] @ side[:-lag]) / (n - lag)
        if correlation < 2 / math.sqrt(n):
            break
        total += 2 * correlation
    return total


def grouped_interval(groups: Groups, middles: int = 1) -> Interval | None:
    """The 95 % interval of the median over draws and blocks, or None under MIN_BLOCKS samples in all.

    One draw: `median_interval`. Several: draws are the units and blocks lie within them (T. Kalibera, R. Jones,
    "Rigorous Benchmarking in Reasonable Time", ISMM 2013). How far the share of samples below the median scatters
    follows from what each draw adds to it (the sandwich of K.-Y. Liang, S. L. Zeger, Biometrika 73(1), 1986), and the
    standard error of the median from the samples that lie so far from the middle (J. W. McKean, R. M. Schrader,
    Communications in Statistics B 13(6), 1984). The interval is the wider of two: by draws alone, with Student's t for
    their number, so that three processes that disagree give a wide one, and by blocks alone, if draws agree by luck.

    `middles` is how many medians the samples were centred on beforehand, if on more than one.

    Signs do not care how wide a draw scatters. A bootstrap of draws does: where a draw falls into a burst of other
    work, its intervals came out twice as wide as needed.
    """
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    joined, count = np.concatenate([np.empty(0), *filled]), len(filled)
    if len(joined) < MIN_BLOCKS:
        return None
    if count == 1:
        return median_interval(joined.tolist())
    middle = float(np.median(joined))
    blocks = sum(dependence(group.tolist()) * len(group) for group in filled)
    draws = sum(float(np.sign(group - middle).sum()) ** 2 for group in filled) * count / (count - 1)
    by_draws, by_blocks = coverage_factor(count - 1) * math.sqrt(draws), coverage_factor(NORMAL) * math.sqrt(blocks)
    reach, variance = (coverage_factor(count - 1), draws) if by_draws > by_blocks else (coverage_factor(NORMAL), blocks)
    # One standard deviation of the number of samples below the median, as a share of them all; ranks are whole numbers,
    # and each median that samples were centred on has taken a half on either side.
    scatter = min(0.5, (math.sqrt(variance) / 2 + 0.5 * middles) / len(joined))
    low, high = np.quantile(joined, [0.5 - scatter, 0.5 + scatter])
    return middle - reach * (middle - float(low)), middle + reach * (float(high) - middle)


def time_interval(groups: Groups) -> Interval | None:
    """The 95 % interval of a median time, of its logarithm: it has no end below zero.

    None under MIN_BLOCKS samples in all, or where a sample has no duration.
    """
    if any(v <= 0 for group in groups for v in group):
        return None
    interval = grouped_interval([[math.log(v) for v in group] for group in groups])
    return None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))


def relative_half_width(samples: Sequence[float]) -> float | None:
    """Half the width of one process's interval over the median, or None where there is no interval."""
    interval = median_interval(samples)
    middle = statistics.median(samples) if samples else 0.0
    if interval is None or middle <= 0:
        return None
    return (interval[1] - interval[0]) / (2 * middle)


def paired_ratio(numerator: Groups, denominator: Groups, period: int = 1) -> Ratio:
    """The median of ratios within blocks: drift and load that both sides of a block share cancel.

    Both are samples by draw, paired by place. With a `period`, each draw repeats itself after so many places, as where
    only every fifth sample runs a call more: then it is the mean over these places of the median at each, so that what
    differs at one of them counts, and what disturbs one sample does not. Raises ValueError unless both have the same
    shape, at least one sample at each place of a period, and no sample that is not positive.
    """
    shapes = [[len(g) for g in groups] for groups in (numerator, denominator)]
    if shapes[0] != shapes[1] or max(shapes[0], default=0) < period:
        raise ValueError(f"paired samples needed, at least {period} in a draw, not {shapes[0]} against {shapes[1]}")
    logs = [
        [math.log(a / b) for a, b in zip(above, below, strict=True)]
        for above, below in zip(numerator, denominator, strict=True)
    ]
    middles = [statistics.median(v for group in logs for v in group[place::period]) for place in range(period)]
    estimate = statistics.fmean(map(math.exp, middles))
    # How far each lies from what is usual at its place: those of all places scatter about one middle.
    moved = [[math.log(estimate) + v - middles[i % period] for i, v in enumerate(group)] for group in logs]
    interval = grouped_interval(moved, period)
    low, high = (None, None) if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    return Ratio(estimate, low, high)


def widened(ratio: Ratio, factor: float) -> Ratio:
    """The ratio with both ends of its interval so many times as far away, as logarithms."""
    if ratio.low is None or ratio.high is None:
        return ratio
    low, high = (ratio.estimate * (end / ratio.estimate) ** factor for end in (ratio.low, ratio.high))
    return Ratio(ratio.estimate, low, high)
