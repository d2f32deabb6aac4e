"""Student's t and the studentized range: half-widths of 95 % intervals in standard uncertainties."""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy.special import gammaincinv, ndtr, stdtrit

CONFIDENCE = 0.95
# With this many degrees of freedom or more, Student's t is the normal distribution.
NORMAL = 1_000_000

# Nodes of the two integrals: they give four digits of the published tables.
_NODES = 96
# Standard deviations from the middle, beyond which the normal distribution has no weight.
_FAR = 8.0
# No factor is larger: that of 20 means with one degree of freedom is 42.
_LARGEST = 1000.0


@functools.cache
def coverage_factor(freedom: float) -> float:
    """The factor from a standard uncertainty with `freedom` degrees of freedom to half a 95 % interval.

    Source: JCGM 100:2008 ("GUM"), table G.2.
    """
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


@functools.cache
def range_factor(means: int, freedom: float) -> float:
    """The same factor for the differences between all pairs of `means` means, so that all intervals hold at once.

    It is the 95 % quantile of the studentized range over √2 (J. W. Tukey, "The Problem of Multiple Comparisons", 1953;
    J. C. Hsu, "Multiple Comparisons: Theory and Methods", 1996, section 5.1), from its double integral (R. E. Lund,
    J. R. Lund, Applied Statistics 32(2), 1983, algorithm AS 190). For two means it is Student's t.

    Raises ValueError for fewer than two means or no degree of freedom.
    """
    if means < 2 or freedom <= 0:
        raise ValueError(f"a range needs 2 means or more and a degree of freedom; got {means} and {freedom:g}")
    if means == 2:
        return coverage_factor(freedom)
    low, high = 0.0, _LARGEST
    while high - low > 1e-5 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _within(middle * math.sqrt(2), means, freedom) > CONFIDENCE else (middle, high)
    return (low + high) / 2


def _within(width: float, means: int, freedom: float) -> float:
    """The probability that the range of `means` normal values is below `width` times their estimated deviation."""
    deviations, weights = _deviations(freedom)
    z, dz = _normal()
    inside = ndtr(z) - ndtr(z - width * deviations[:, None])
    return float(weights @ (means * inside ** (means - 1)) @ dz)


@functools.cache
def _normal() -> tuple[np.ndarray, np.ndarray]:
    """Places on the normal distribution, and their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    z = _FAR * nodes
    return z, _FAR * weights * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@functools.cache
def _deviations(freedom: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimates of a standard deviation of 1 with so many degrees of freedom, and their weights."""
    if freedom >= NORMAL:
        return np.ones(1), np.ones(1)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return np.sqrt(2 / freedom * gammaincinv(freedom / 2, (nodes + 1) / 2)), weights / 2
