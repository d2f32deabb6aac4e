"""Medians of samples, their intervals, and paired ratios. Pure functions of lists of floats.

Samples come in groups, one per draw: the layout of memory, page tables and code is drawn anew for each process and
each plan, so samples of one draw resemble each other more than samples of another. Within a group, samples are blocks
in time.
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
# With fewer samples their dependence on each other cannot be estimated.
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
        """Half the width of the interval divided by the estimate, None without an interval."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / (2 * self.estimate)


def median_interval(samples: Sequence[float]) -> Interval | None:
    """The distribution-free 95 % interval of the median of one draw, or None under MIN_BLOCKS samples.

    Order statistics k and n + 1 − k with the largest k for which Binomial(n, ½) keeps 95 % between them (H. A. David,
    H. N. Nagaraja, "Order Statistics", 3rd ed., section 7.1), moved outwards where samples depend on earlier ones.
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
        # Python divides integers of any size exactly; 2^n as a float would overflow.
        if 2 * below / 2**n > 1 - CONFIDENCE:
            return k
        k += 1


def dependence(samples: Sequence[float]) -> float:
    """The number of samples that are worth one independent sample for the median; 1 for independent samples.

    1 + 2 Σ ρ_k over lags k, up to the first correlation (of lying above the median) below its noise (initial sequence
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
    """The 95 % interval of the pooled median over draws and blocks, or None under MIN_BLOCKS samples in all.

    With one draw: `median_interval`. With several, draws are the units and blocks are nested in them (T. Kalibera,
    R. Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013). The scatter of the share of samples below the
    median follows from the contribution of each draw (the sandwich of K.-Y. Liang, S. L. Zeger, Biometrika 73(1),
    1986), and the standard error of the median from the samples at that distance from the middle (J. W. McKean,
    R. M. Schrader, Communications in Statistics B 13(6), 1984). The interval is the wider of two: one by draws alone,
    with Student's t for their number, so that three processes that disagree give a wide interval; and one by blocks
    alone, in case draws agree by luck.

    `middles` is the number of medians that the samples were centred on beforehand.

    Signs do not depend on how widely a draw scatters. A bootstrap of draws does: with one draw in a burst of other
    work, its intervals were twice as wide as needed.
    """
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    count, samples = len(filled), sum(map(len, filled))
    if samples < MIN_BLOCKS:
        return None
    if count == 1:
        return median_interval(filled[0].tolist())
    middle = _quantile(filled, 0.5)
    # Variances of the mean over draws of each one's mean sign: by draws alone, and by blocks alone.
    blocks = sum(dependence(group.tolist()) / len(group) for group in filled) / count**2
    draws = sum(float(np.sign(group - middle).mean()) ** 2 for group in filled) / (count * (count - 1))
    by_draws, by_blocks = coverage_factor(count - 1) * math.sqrt(draws), coverage_factor(NORMAL) * math.sqrt(blocks)
    reach, variance = (coverage_factor(count - 1), draws) if by_draws > by_blocks else (coverage_factor(NORMAL), blocks)
    # One standard deviation of the share of samples below the median. Ranks are whole numbers: each median that samples
    # were centred on adds half a sample on either side.
    scatter = min(0.5, math.sqrt(variance) / 2 + 0.5 * middles / samples)
    low, high = _quantile(filled, 0.5 - scatter), _quantile(filled, 0.5 + scatter)
    return middle - reach * (middle - low), middle + reach * (high - middle)


def pooled_quantile(groups: Groups, q: float) -> float:
    """The q-quantile of the samples of all draws: every draw weighs the same, however many samples it has.

    Raises ValueError without any sample.
    """
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    if not filled:
        raise ValueError("a quantile needs at least one sample; 0 were given")
    return _quantile(filled, q)


def _quantile(groups: Sequence[np.ndarray], q: float) -> float:
    """The q-quantile of all samples, each weighing one over the size of its group.

    Interpolated so that equal weights give the usual quantile (type 7 of R. J. Hyndman, Y. Fan, The American
    Statistician 50(4), 1996): sample k is at k times its own weight plus n - 1 times the weights before it.
    """
    values = np.concatenate(groups)
    # Relative to the largest group: 1 where all groups are of one size, so that nothing is rounded.
    most = max(map(len, groups))
    weights = np.concatenate([np.full(len(group), most / len(group)) for group in groups])
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    n = len(values)
    places = np.arange(n) * weights + (n - 1) * (np.cumsum(weights) - weights)
    return float(np.interp(q * places[-1], places, values)) if n > 1 else float(values[0])


def time_interval(groups: Groups) -> Interval | None:
    """The 95 % interval of a median time, computed on logarithms so that no end is below zero.

    None under MIN_BLOCKS samples in all, or if a sample is not positive.
    """
    if any(v <= 0 for group in groups for v in group):
        return None
    interval = grouped_interval([[math.log(v) for v in group] for group in groups])
    return None if interval is None else (math.exp(interval[0]), math.exp(interval[1]))


def relative_half_width(samples: Sequence[float]) -> float | None:
    """Half the width of one process's interval divided by the median, or None without an interval."""
    interval = median_interval(samples)
    middle = statistics.median(samples) if samples else 0.0
    if interval is None or middle <= 0:
        return None
    return (interval[1] - interval[0]) / (2 * middle)


def paired_ratio(numerator: Groups, denominator: Groups, period: int = 1) -> Ratio:
    """The median of ratios within blocks: drift and load shared by both sides of a block cancel.

    Both arguments hold samples by draw, paired by position. With a `period`, each draw repeats itself after so many
    positions, for example when only every fifth sample runs an extra call. The estimate is then the mean of the
    medians at each position: a difference at one position counts, a disturbed sample does not. Raises ValueError
    unless both have the same shape, at least one sample at each position of a period, and only positive samples.
    """
    shapes = [[len(g) for g in groups] for groups in (numerator, denominator)]
    if shapes[0] != shapes[1] or max(shapes[0], default=0) < period:
        raise ValueError(f"need paired samples, at least {period} in a draw; got {shapes[0]} against {shapes[1]}")
    logs = [
        [math.log(a / b) for a, b in zip(above, below, strict=True)]
        for above, below in zip(numerator, denominator, strict=True)
    ]
    middles = [statistics.median(v for group in logs for v in group[place::period]) for place in range(period)]
    estimate = statistics.fmean(map(math.exp, middles))
    # Centre each sample on the median of its position, so that samples of all positions scatter about one middle.
    moved = [[math.log(estimate) + v - middles[i % period] for i, v in enumerate(group)] for group in logs]
    interval = grouped_interval(moved, period)
    low, high = (None, None) if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    return Ratio(estimate, low, high)


def widened(ratio: Ratio, factor: float) -> Ratio:
    """The ratio with both ends of its interval `factor` times as far away, on a logarithmic scale."""
    if ratio.low is None or ratio.high is None:
        return ratio
    low, high = (ratio.estimate * (end / ratio.estimate) ** factor for end in (ratio.low, ratio.high))
    return Ratio(ratio.estimate, low, high)
