"""Ranges of values that are above zero, and their arithmetic. No range is ever a single point."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """All values from `low` to `high`, in the unit that the name of the variable says.

    Raises ValueError unless 0 <= low < high, both finite: a single value would claim what is not known.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and 0 <= self.low < self.high):
            raise ValueError(f"{self.low:g} to {self.high:g} is no range; allowed: 0 <= low < high, both finite")

    def times(self, low: float, high: float | None = None) -> Range:
        """This range times a positive factor, or times all factors from `low` to `high`.

        Raises ValueError for other factors: times zero, a range would be a point.
        """
        most = low if high is None else high
        if not 0 < low <= most < math.inf:
            raise ValueError(f"a range cannot be multiplied by {low:g} to {most:g}; allowed: factors above 0, in order")
        return Range(self.low * low, self.high * most)

    def plus(self, other: Range) -> Range:
        """The sum: low ends and high ends add up, as nothing is known about how the two go together."""
        return Range(self.low + other.low, self.high + other.high)

    def holds(self, low: float, high: float | None = None) -> bool:
        """Whether a value, or all values from `low` to `high`, lie in the range."""
        return self.low <= low and (low if high is None else high) <= self.high


def hull(ranges: Iterable[Range]) -> Range:
    """The smallest range that holds all of them. Raises ValueError without any."""
    known = list(ranges)
    if not known:
        raise ValueError("a hull needs at least one range; 0 were given")
    return Range(min(one.low for one in known), max(one.high for one in known))


def total(ranges: Iterable[Range]) -> Range:
    """The sum of all of them. Raises ValueError without any."""
    known = list(ranges)
    if not known:
        raise ValueError("a sum needs at least one range; 0 were given")
    return Range(math.fsum(one.low for one in known), math.fsum(one.high for one in known))
