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
import numpy.typing as npt
from scipy.special import stdtrit

CONFIDENCE = 0.95
# The interval between the smallest and the largest of n samples covers the median with probability
# 1 − 2^(1−n): 6 is the least n for which that is 95 %.
MIN_BLOCKS = 6
# Bootstrap resamples: a variance from 400 of them is off by some 7 %, an interval by half of that.
_RESAMPLES = 400
# Fewer samples than this say nothing about how they depend on each other.
_MIN_FOR_DEPENDENCE = 20
# Degrees of freedom from which Student's t is the normal distribution.
_NORMAL = 1_000_000

Groups = Sequence[Sequence[float]]
Interval = tuple[float, float]
_Floats = npt.NDArray[np.float64]


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
        if 2 * below > (1 - CONFIDENCE) * 2**n:
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


def grouped_interval(groups: Groups, seed: int = 0) -> Interval | None:
    """The 95 % interval of the median over draws and blocks, or None under MIN_BLOCKS samples in all.

    One draw: `median_interval`. Several: the variance is bootstrapped over draws, then blocks (T. Kalibera, R. Jones,
    "Rigorous Benchmarking in Reasonable Time", ISMM 2013, section 9). That counts the noise of blocks twice (A. C.
    Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8): a bootstrap over blocks alone
    says how much to take off. Where draws differ by more than their blocks explain, their number decides how wide the
    interval is (Student's t), so three processes that disagree give a wide one.
    """
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    total, count = sum(map(len, filled)), len(filled)
    if total < MIN_BLOCKS:
        return None
    if count == 1:
        return median_interval(filled[0].tolist())
    rng = np.random.default_rng(seed)
    depends = sum(dependence(g.tolist()) * len(g) for g in filled) / total
    # A resample of m scatters as if there were one sample less.
    small = total / (total - count) if total > count else float(MIN_BLOCKS)
    blocks = _variance(_resampled_blocks(filled, rng)) * depends * small
    draws = (_variance(_resampled_draws(filled, rng)) - blocks / (depends * small)) * count / (count - 1)
    freedom = count - 1 if draws > blocks else _NORMAL
    spread = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(max(draws, blocks))
    middle = float(np.median(np.concatenate(filled)))
    return middle - spread, middle + spread


def _resampled_blocks(groups: Sequence[_Floats], rng: np.random.Generator) -> _Floats:
    """Medians over resamples in which every draw keeps its place and its blocks are drawn anew."""
    picked = [g[rng.integers(len(g), size=(_RESAMPLES, len(g)))] for g in groups]
    return np.asarray(np.median(np.concatenate(picked, axis=1), axis=1))


def _resampled_draws(groups: Sequence[_Floats], rng: np.random.Generator) -> _Floats:
    """Medians over resamples of draws, and within those of blocks; all draws as long as they are on average."""
    sizes = np.array([len(g) for g in groups])
    starts, joined = np.cumsum(sizes) - sizes, np.concatenate(groups)
    chosen = rng.integers(len(groups), size=(_RESAMPLES, len(groups), 1))
    places = rng.random((_RESAMPLES, len(groups), round(sizes.mean())))
    picked = joined[starts[chosen] + (places * sizes[chosen]).astype(np.int64)]
    return np.asarray(np.median(picked.reshape(_RESAMPLES, -1), axis=1))


def _variance(resampled: _Floats) -> float:
    """The variance of the normal distribution that has as much in its middle: a few resamples made only of draws from
    a busy stretch would outweigh all others in the sum of squares."""
    low, high = np.quantile(resampled, [0.1587, 0.8413])
    return float((high - low) / 2) ** 2


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


def paired_ratio(numerator: Groups, denominator: Groups) -> Ratio:
    """The median of ratios within blocks: drift and load that both sides of a block share cancel.

    Both are samples by draw, paired by place. Raises ValueError unless they have the same shape, at least
    one sample, and no sample that is not positive.
    """
    if [len(g) for g in numerator] != [len(g) for g in denominator] or not any(map(len, numerator)):
        shapes = [[len(g) for g in groups] for groups in (numerator, denominator)]
        raise ValueError(f"paired samples needed, not {shapes[0]} against {shapes[1]}")
    logs = [
        [math.log(a / b) for a, b in zip(above, below, strict=True)]
        for above, below in zip(numerator, denominator, strict=True)
    ]
    interval = grouped_interval(logs)
    low, high = (None, None) if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    return Ratio(math.exp(statistics.median([v for group in logs for v in group])), low, high)
