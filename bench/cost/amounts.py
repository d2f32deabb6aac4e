"""An amount with the ends of its range, in the unit that the name of the variable says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with both ends of its range, None where the range is unknown. A bracket has no value: it is no amount."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)

    def times(self, factor: float) -> Amount:
        """This amount in another unit, or of more of the same."""
        if self.low is None or self.high is None:
            return Amount(self.value * factor)
        return Amount(self.value * factor, self.low * factor, self.high * factor)

    def plus(self, other: Amount) -> Amount:
        """The sum: low ends and high ends add up. Without one of the ranges it has none."""
        if self.ends is None or other.ends is None:
            return Amount(self.value + other.value)
        (low, high), (other_low, other_high) = self.ends, other.ends
        return Amount(self.value + other.value, low + other_low, high + other_high)
