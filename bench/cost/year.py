"""Turns the joules and seconds of one call into the cost of a year of calls: kilowatt-hours, kilograms of CO2e, money.

Only the calls count: neither a machine that waits between them, nor the making of its hardware.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

from bench.cost import carbon, money
from bench.cost.amounts import Amount
from bench.cost.carbon import JOULES_PER_KWH, Ends
from bench.cost.rates import Rates
from bench.energy.bracket.ranges import Range
from bench.errors import UsageError

DAYS = 365
_GRAMS_PER_KG = 1000.0
_TYPE = "type, for a million calls a day: convcost cost --calls-per-day 1e6"

# What is known of a cost: a value, with its range where that is known, or the ends of a bracket, which has no value.
Known = Amount | Ends


@dataclass(frozen=True, slots=True)
class YearCost:
    """The costs of a year; None where the energy, the time or the rate is unknown.

    `energy_kwh` is at the meter: the energy at the device times PUE. `total` is electricity plus device time, None
    unless both are known: totals compare only if they have the same parts.
    """

    energy_kwh: Known | None = None
    carbon_kg: Known | None = None
    electricity: Known | None = None
    device_time: Amount | None = None
    total: Known | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """So many calls on each day of a year, at these rates. Raises UsageError for a number that is not above 0."""

    calls_per_day: float
    rates: Rates

    def __post_init__(self) -> None:
        require_calls(self.calls_per_day)

    @property
    def calls(self) -> float:
        """The calls of the year."""
        return self.calls_per_day * DAYS

    def cost(self, energy_j: Amount | Range | None, time_s: Amount | None) -> YearCost:
        """The cost of calls of so many joules and seconds each.

        Each end of a range is converted by itself; ends add up to ends. Raises UsageError where numbers are too large.
        """
        rates = self.rates
        # The costs of one joule, or one second, a call.
        grams = carbon.grams(self.calls, rates.grid, rates.pue)
        power = _scaled(energy_j, money.electricity(self.calls, rates))
        rent_of_a_second = money.device_time(self.calls, rates)
        rent = None if time_s is None or rent_of_a_second is None else time_s.times(rent_of_a_second)
        found = YearCost(
            _scaled(energy_j, self.calls * rates.pue / JOULES_PER_KWH),
            _scaled(energy_j, None if grams is None else grams / _GRAMS_PER_KG),
            power,
            rent,
            _sum(power, rent),
        )
        if not _is_finite(found):
            raise UsageError(
                f"{self.calls_per_day:g} calls a day cost more than numbers here can say; give a smaller "
                "--calls-per-day, price or intensity"
            )
        return found


def require_calls(calls_per_day: float | None) -> float:
    """The number of calls a day. Raises UsageError if it is missing, or is not a finite number above 0."""
    if calls_per_day is None:
        raise UsageError(f"--calls-per-day is missing: a run does not say how often its convolutions are used; {_TYPE}")
    if not (0 < calls_per_day < math.inf and calls_per_day * DAYS < math.inf):
        raise UsageError(f"--calls-per-day is {calls_per_day:g}; allowed: a finite number above 0; {_TYPE}")
    return calls_per_day


def _is_finite(cost: YearCost) -> bool:
    known = (number for part in astuple(cost) if part is not None for number in part if number is not None)
    return all(map(math.isfinite, known))


def _scaled(energy_j: Amount | Range | None, factor: float | None) -> Known | None:
    """The cost of joules, by that of one joule. At a price or an intensity of 0 both ends of a bracket are 0: known."""
    if energy_j is None or factor is None:
        return None
    if isinstance(energy_j, Range):
        return energy_j.low * factor, energy_j.high * factor
    return energy_j.times(factor)


def _sum(power: Known | None, rent: Amount | None) -> Known | None:
    if power is None or rent is None:
        return None
    if isinstance(power, Amount):
        return power.plus(rent)
    return money.total_range(power, rent.ends or (rent.value, rent.value))
