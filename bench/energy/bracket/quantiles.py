"""Quantiles of machines by rank, so that a range covers the next machine, too, however few there are.

Of n machines the range goes from the r-th lowest to the r-th highest, r = floor((n + 1)/10), at least 1. The next
machine of the same kind lies in it with a probability of 1 − 2r/(n + 1), which is at least 80 % where n >= 9: a
prediction interval by ranks (S. S. Wilks, Annals of Mathematical Statistics 12(1), 1941). Interpolated quantiles are
narrower, and hold fewer than 80 % of left-out machines where there are only some ten.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# One machine in so many may lie below the range, and one above it.
_TAIL = 10


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The 10, 50 and 90 % quantile of the machines of a class, in W a core."""

    low: float
    middle: float
    high: float

    def holds(self, low: float, high: float) -> bool:
        """Whether all values from `low` to `high` lie in the range."""
        return self.low <= low and high <= self.high


def quantiles(machines: Sequence[tuple[float, float]]) -> Quantiles:
    """From the lowest and the highest result of each machine. Raises ValueError without any.

    The low end is one of the lowest results, the high end one of the highest: results of one machine differ by its
    settings, and a reader's are unknown.
    """
    if not machines:
        raise ValueError("quantiles need at least one machine; 0 were given")
    rank = max(1, (len(machines) + 1) // _TAIL)
    lows, highs = sorted(low for low, _ in machines), sorted(high for _, high in machines)
    return Quantiles(lows[rank - 1], statistics.median((low + high) / 2 for low, high in machines), highs[-rank])
