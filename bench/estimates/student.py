"""Student's t: the half-width of a 95 % interval in standard uncertainties."""

from __future__ import annotations

import functools

from scipy.special import stdtrit

CONFIDENCE = 0.95
# With this many degrees of freedom or more, Student's t is the normal distribution.
NORMAL = 1_000_000


@functools.cache
def coverage_factor(freedom: float) -> float:
    """The factor from a standard uncertainty with `freedom` degrees of freedom to half a 95 % interval.

    Source: JCGM 100:2008 ("GUM"), table G.2.
    """
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
