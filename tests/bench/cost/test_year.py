"""The cost of a year of calls: known sums, both ends of every range, and nothing where something is missing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bench.cost.amounts import Amount
from bench.cost.rates import Rates, rates
from bench.cost.year import Year, YearCost, require_calls
from bench.energy.bracket.ranges import Range
from bench.errors import UsageError

# 10,000 calls a day are 3.65 million a year. Of 3.6 J each they are 3.65 kWh, of 3.6 s each 3,650 hours.
RATES = rates(g_per_kwh=500.0, price_per_kwh=0.2, price_per_hour=2.0)
CALLS = 10_000.0


def near(*values: float) -> Any:
    return Amount(*(pytest.approx(value) for value in values))  # type: ignore[arg-type]


def test_known_sums_with_both_ends() -> None:
    found = Year(CALLS, RATES).cost(Amount(3.6, 1.8, 7.2), Amount(3.6, 3.2, 4.0))
    assert found.energy_kwh == near(3.65, 1.825, 7.3)
    assert found.carbon_kg == near(1.825, 0.9125, 3.65)
    assert found.electricity == near(0.73, 0.365, 1.46)
    assert found.device_time == near(7300.0, 6488.888889, 8111.111111)
    assert found.total == near(7300.73, 6489.253889, 8112.571111)


def test_a_bracket_has_ends_and_no_value() -> None:
    found = Year(CALLS, RATES).cost(Range(1.8, 7.2), Amount(3.6, 3.2, 4.0))
    assert found.energy_kwh == pytest.approx((1.825, 7.3))
    assert found.carbon_kg == pytest.approx((0.9125, 3.65))
    assert found.electricity == pytest.approx((0.365, 1.46))
    assert found.total == pytest.approx((6489.253889, 8112.571111))
    # Without an interval of the time its price is a point, and the sum is still a range.
    total = Year(CALLS, RATES).cost(Range(1.8, 7.2), Amount(3.6)).total
    assert total == pytest.approx((7300.365, 7301.46))


def test_pue_multiplies_energy_carbon_and_electricity_and_not_the_time() -> None:
    plain = Year(CALLS, RATES).cost(Amount(3.6), Amount(3.6))
    more = Year(CALLS, rates(g_per_kwh=500.0, price_per_kwh=0.2, price_per_hour=2.0, pue=1.5)).cost(
        Amount(3.6), Amount(3.6)
    )
    assert plain.energy_kwh == near(3.65)
    assert more.energy_kwh == near(1.5 * 3.65)
    assert more.carbon_kg == near(1.5 * 1.825)
    assert more.electricity == near(1.5 * 0.73)
    assert more.device_time == plain.device_time


@pytest.mark.parametrize(
    ("energy_j", "time_s", "given", "known"),
    [
        (None, Amount(3.6), RATES, {"device_time"}),
        (Amount(3.6), None, RATES, {"energy_kwh", "carbon_kg", "electricity"}),
        (Amount(3.6), Amount(3.6), Rates(), {"energy_kwh"}),
        (Range(1.0, 2.0), Amount(3.6), rates(grid="FR"), {"energy_kwh", "carbon_kg"}),
        (Range(1.0, 2.0), Amount(3.6), rates(price_per_kwh=0.2), {"energy_kwh", "electricity"}),
        (None, None, RATES, set()),
    ],
)
def test_what_is_missing_is_none(
    energy_j: Amount | Range | None, time_s: Amount | None, given: Rates, known: set[str]
) -> None:
    found = Year(CALLS, given).cost(energy_j, time_s)
    assert {name for name in YearCost.__dataclass_fields__ if getattr(found, name) is not None} == known


def test_a_price_and_an_intensity_of_0_are_known() -> None:
    free = Year(CALLS, rates(g_per_kwh=0.0, price_per_kwh=0.0))
    assert free.cost(Range(1.0, 2.0), None).carbon_kg == (0.0, 0.0)
    assert free.cost(Amount(1.0), None).electricity == Amount(0.0)


@pytest.mark.parametrize("number", [0.0, -1.0, math.nan, math.inf, -math.inf, 1e308])
def test_a_number_of_calls_that_is_not_above_0_or_not_finite_is_refused(number: float) -> None:
    for refused in (lambda: require_calls(number), lambda: Year(number, RATES)):
        with pytest.raises(UsageError) as error:
            refused()
        assert str(error.value) == (
            f"--calls-per-day is {number:g}; allowed: a finite number above 0; type, for a million calls a day: "
            "convcost cost --calls-per-day 1e6"
        )


def test_a_missing_number_says_what_to_type() -> None:
    with pytest.raises(UsageError, match=r"--calls-per-day is missing.*type.*convcost cost --calls-per-day 1e6"):
        require_calls(None)
    assert require_calls(0.5) == 0.5


def test_costs_beyond_all_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="give a smaller --calls-per-day, price or intensity"):
        Year(1e300, rates(price_per_kwh=1e300)).cost(Range(1.0, 2.0), None)
