"""From samples to numbers: medians, their intervals, paired ratios. Pure functions of lists of floats."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
# The interval between the smallest and the largest of n samples covers the median with probability
# 1 − 2^(1−n): 6 is the least n for which that is 95 %.
MIN_BLOCKS = 6


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of times with its 95 % interval; `low` and `high` are None under MIN_BLOCKS pairs."""

    estimate: float
    low: float | None
    high: float | None


def median_interval(samples: Sequence[float]) -> tuple[float, float] | None:
    """The distribution-free 95 % interval of the median, or None under MIN_BLOCKS samples.

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


def relative_half_width(samples: Sequence[float]) -> float | None:
    """Half the interval's width over the median, or None where there is no interval."""
    interval = median_interval(samples)
    middle = statistics.median(samples) if samples else 0.0
    if interval is None or middle <= 0:
        return None
    return (interval[1] - interval[0]) / (2 * middle)


def paired_ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Ratio:
    """The median of ratios within blocks: drift and load that both sides of a block share cancel.

    Raises ValueError unless both have one positive sample for each of the same blocks.
    """
    if len(numerator) != len(denominator) or not numerator:
        raise ValueError(f"paired samples needed, not {len(numerator)} against {len(denominator)}")
    logs = [math.log(a / b) for a, b in zip(numerator, denominator, strict=True)]
    interval = median_interval(logs)
    low, high = (None, None) if interval is None else (math.exp(interval[0]), math.exp(interval[1]))
    return Ratio(math.exp(statistics.median(logs)), low, high)
