"""From samples to numbers: medians, their intervals, paired ratios. Pure functions of lists of floats.

Samples come in groups, one a process: the layout of memory, page tables and code are drawn once a process, so
samples of one process are alike in a way that those of another are not. Within a group they are blocks in time.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
# The interval between the smallest and the largest of n samples covers the median with probability
# 1 − 2^(1−n): 6 is the least n for which that is 95 %.
MIN_BLOCKS = 6
# Bootstrap resamples: the ends of a 95 % interval then scatter by some 3 % of its width.
_RESAMPLES = 1_000
# Drawn samples held at once: what stays in the processor's cache is resampled fastest.
_CHUNK_ELEMENTS = 2**17

Groups = Sequence[Sequence[float]]
Interval = tuple[float, float]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of times with its 95 % interval; `low` and `high` are None under MIN_BLOCKS pairs."""

    estimate: float
    low: float | None
    high: float | None


def median_interval(samples: Sequence[float]) -> Interval | None:
    """The distribution-free 95 % interval of the median of one process, or None under MIN_BLOCKS samples.

    Order statistics k and n + 1 − k with the largest k for which Binomial(n, ½) keeps 95 % between them:
    H. A. David, H. N. Nagaraja, "Order Statistics", 3rd ed., section 7.1. It assumes independent samples.
    """
    n = len(samples)
    if n < MIN_BLOCKS:
        return None
    ordered = sorted(samples)
    below, k = 0.0, 0
    while True:
        below += math.comb(n, k) / 2**n
        if 2 * below > 1 - CONFIDENCE:
            break
        k += 1
    return ordered[k - 1], ordered[n - k]


def grouped_interval(groups: Groups, seed: int = 0) -> Interval | None:
    """The 95 % interval of the median over processes and blocks, or None under MIN_BLOCKS samples in all.

    One process: `median_interval`. Several: the percentile bootstrap that draws processes with replacement, and
    within each its samples (T. Kalibera, R. Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013,
    section 9). With few processes it spans little more than their medians: it says how far they
    disagree, not where a thousand of them would lie.
    """
    filled = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    if sum(map(len, filled)) < MIN_BLOCKS:
        return None
    if len(filled) == 1:
        return median_interval(filled[0].tolist())
    rng = np.random.default_rng(seed)
    at_once = max(1, _CHUNK_ELEMENTS // sum(map(len, filled)))
    chunks = [min(at_once, _RESAMPLES - done) for done in range(0, _RESAMPLES, at_once)]
    medians = np.concatenate([_resampled_medians(filled, count, rng) for count in chunks])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return float(low), float(high)


def _resampled_medians(groups: Sequence[FloatArray], count: int, rng: np.random.Generator) -> FloatArray:
    """Medians of `count` resamples, all at once: how often each sample was drawn, in the order of their values."""
    pooled = np.concatenate(groups)
    order = np.argsort(pooled)
    rank = np.argsort(order)
    sizes = np.array([len(group) for group in groups])
    starts = np.cumsum(sizes) - sizes
    chosen = rng.integers(len(groups), size=(count, len(groups)))
    drawn = sizes[chosen]
    # One entry a drawn sample from here on: groups differ in length.
    size = np.repeat(drawn.ravel(), drawn.ravel())
    start = np.repeat(starts[chosen].ravel(), drawn.ravel())
    resample = np.repeat(np.arange(count), drawn.sum(axis=1))
    place = rank[start + (rng.random(len(size)) * size).astype(np.int64)]
    often = np.bincount(resample * len(pooled) + place, minlength=count * len(pooled)).reshape(count, -1)
    upto, total = often.cumsum(axis=1), drawn.sum(axis=1)[:, None]
    lower, upper = ((upto <= middle).sum(axis=1) for middle in ((total - 1) // 2, total // 2))
    medians: FloatArray = (pooled[order[lower]] + pooled[order[upper]]) / 2
    return medians


def relative_half_width(samples: Sequence[float]) -> float | None:
    """Half the width of one process's interval over the median, or None where there is no interval."""
    interval = median_interval(samples)
    middle = statistics.median(samples) if samples else 0.0
    if interval is None or middle <= 0:
        return None
    return (interval[1] - interval[0]) / (2 * middle)


def paired_ratio(numerator: Groups, denominator: Groups) -> Ratio:
    """The median of ratios within blocks: drift and load that both sides of a block share cancel.

    Both are samples by process, paired by place. Raises ValueError unless they have the same shape, at least
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
