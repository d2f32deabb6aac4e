"""Student's t: how many standard uncertainties a 95 % interval reaches on either side of its middle."""

from __future__ import annotations

import functools

from scipy.special import stdtrit

CONFIDENCE = 0.95
# From so many degrees of freedom on, Student's t is the normal distribution.
NORMAL = 1_000_000


@functools.cache
def coverage_factor(freedom: float) -> float:
    """The factor by which a standard uncertainty with `freedom` degrees of freedom becomes half a 95 % interval.

    Source: JCGM 100:2008 ("GUM"), table G.2.
    """
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
