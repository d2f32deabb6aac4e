"""Money for a million calls: known sums, missing parts, and totals that name their parts."""

from __future__ import annotations

import pytest

from bench.cost import money
from bench.cost.money import Money
from bench.cost.rates import Rates
from bench.energy.bracket.ranges import Range

BOTH = Rates(price_per_kwh=0.30, price_per_hour=1.80)


def test_known_sums() -> None:
    # A million calls of 3.6 J are 1 kWh; a million calls of 2 ms are 2,000 s.
    found = money.per_million_calls(3.6, 2e-3, BOTH, u95_j=0.36)
    assert found.electricity == pytest.approx(0.30, rel=1e-12)
    assert found.electricity_u95 == pytest.approx(0.03, rel=1e-12)
    assert found.device_time == pytest.approx(1.00, rel=1e-12)
    assert (found.total, found.holds) == (pytest.approx(1.30, rel=1e-12), "electricity + device time")


def test_pue_multiplies_electricity_only() -> None:
    rates = Rates(price_per_kwh=0.30, price_per_hour=1.80, pue=1.5)
    found = money.per_million_calls(3.6, 2e-3, rates, u95_j=0.36)
    assert (found.electricity, found.electricity_u95) == (pytest.approx(0.45), pytest.approx(0.045))
    assert found.device_time == pytest.approx(1.00)


@pytest.mark.parametrize(
    ("energy_j", "time_s", "rates", "parts", "holds"),
    [
        (None, 1.0, BOTH, (None, 500.0), "device time"),
        (3.6, None, BOTH, (0.3, None), "electricity"),
        (3.6, 1.0, Rates(price_per_kwh=0.3), (0.3, None), "electricity"),
        (3.6, 1.0, Rates(price_per_hour=1.8), (None, 500.0), "device time"),
        (3.6, 1.0, Rates(), (None, None), None),
        (None, None, BOTH, (None, None), None),
        # A price of 0 is a price.
        (3.6, 1.0, Rates(price_per_kwh=0.0), (0.0, None), "electricity"),
    ],
)
def test_the_total_holds_only_known_parts(
    energy_j: float | None,
    time_s: float | None,
    rates: Rates,
    parts: tuple[float | None, float | None],
    holds: str | None,
) -> None:
    found = money.per_million_calls(energy_j, time_s, rates, u95_j=None if energy_j is None else 0.1)
    assert (found.electricity, found.device_time) == (pytest.approx(parts[0]), pytest.approx(parts[1]))
    assert found.holds == holds
    known = [part for part in parts if part is not None]
    assert found.total == (pytest.approx(sum(known)) if known else None)
    assert (found.electricity_u95 is None) == (found.electricity is None)


def test_an_unknown_interval_is_missing_and_not_zero() -> None:
    assert money.per_million_calls(3.6, 1.0, BOTH).electricity_u95 is None
    assert Money() == Money(None, None, None)


RANGE = Range(3.6, 9.0)


def test_a_range_of_joules_is_a_range_of_money() -> None:
    rates = Rates(price_per_kwh=0.30, pue=2.0)
    assert money.electricity_range_per_million_calls(RANGE, rates) == pytest.approx((0.6, 1.5))
    assert money.electricity_range(Range(3.6e6, 9e6), rates) == pytest.approx((0.6, 1.5))


def test_a_range_of_money_is_unknown_without_joules_or_a_price_and_0_at_a_price_of_0() -> None:
    assert money.electricity_range(None, BOTH) is None
    assert money.electricity_range_per_million_calls(None, BOTH) is None
    assert money.electricity_range(RANGE, Rates(price_per_hour=1.0)) is None
    assert money.electricity_range(RANGE, Rates(price_per_kwh=0.0)) == (0.0, 0.0)


def test_a_total_of_ranges_needs_all_parts() -> None:
    assert money.total_range((1.0, 2.0), (10.0, 10.0)) == (11.0, 12.0)
    assert money.total_range((1.0, 2.0), None) is None
    assert money.total_range() is None
