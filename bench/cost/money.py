"""Computes the price of a million calls: their electricity, and their time on the device.

The currency is that of the rates. If the rent of a device includes electricity, give only the price per hour:
a price per kWh beside it would count electricity twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.cost.carbon import CALLS, JOULES_PER_KWH, Ends
from bench.cost.rates import Rates
from bench.energy.bracket.ranges import Range

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Money:
    """The parts of the price of a million calls; None where a price, the joules or the time are unknown.

    `electricity_u95` is the half-width of the 95 % interval of `electricity`, from the interval of the joules alone.
    """

    electricity: float | None = None
    device_time: float | None = None
    electricity_u95: float | None = None

    @property
    def total(self) -> float | None:
        """The sum of the known parts, None if none is known. Compare totals only if their `holds` are equal."""
        known = [part for part in (self.electricity, self.device_time) if part is not None]
        return sum(known) if known else None

    @property
    def holds(self) -> str | None:
        """The parts in the total: "electricity", "device time" or both; None if there is no total."""
        parts = (("electricity", self.electricity), ("device time", self.device_time))
        return " + ".join(name for name, part in parts if part is not None) or None


def electricity(energy_j: float | None, rates: Rates) -> float | None:
    """The price of joules at the device times PUE; None if joules or price are unknown. Linear, so it scales u95_j."""
    if energy_j is None or rates.price_per_kwh is None:
        return None
    return energy_j * rates.pue / JOULES_PER_KWH * rates.price_per_kwh


def device_time(time_s: float | None, rates: Rates) -> float | None:
    """The price of seconds on the device; None if time or price are unknown. Linear, so it scales intervals."""
    if time_s is None or rates.price_per_hour is None:
        return None
    return time_s / _SECONDS_PER_HOUR * rates.price_per_hour


def per_million_calls(
    energy_j: float | None, time_s: float | None, rates: Rates, *, u95_j: float | None = None
) -> Money:
    """The price of a million calls of `energy_j` ± `u95_j` joules and `time_s` seconds each."""
    part = electricity(_times(energy_j), rates)
    return Money(part, device_time(_times(time_s), rates), None if part is None else electricity(_times(u95_j), rates))


def electricity_range(energy: Range | None, rates: Rates) -> Ends | None:
    """Both ends of the price of a range of joules; None if joules or price are unknown, (0, 0) at a price of 0."""
    if energy is None or rates.price_per_kwh is None:
        return None
    factor = rates.pue / JOULES_PER_KWH * rates.price_per_kwh
    return energy.low * factor, energy.high * factor


def electricity_range_per_million_calls(energy: Range | None, rates: Rates) -> Ends | None:
    """The same for a million calls of so many joules each."""
    return electricity_range(None if energy is None else energy.times(CALLS), rates)


def total_range(*parts: Ends | None) -> Ends | None:
    """The sum of the parts of a price: low ends and high ends add up. None unless every part is known."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return sum(low for low, _ in known), sum(high for _, high in known)


def _times(value: float | None) -> float | None:
    return None if value is None else value * CALLS
