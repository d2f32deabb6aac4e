"""Grams from joules: the unit, the table of grids, missing values and refused input."""

from __future__ import annotations

import math

import pytest

from bench.cost import carbon
from bench.cost.carbon import Grid
from bench.energy.bracket.ranges import Range
from bench.errors import UsageError

KWH_J = 3.6e6


def test_a_kilowatt_hour_is_3_6_megajoules() -> None:
    assert carbon.grams(KWH_J, carbon.own(100.0)) == 100.0
    assert carbon.grams(KWH_J, carbon.own(100.0), pue=1.5) == 150.0
    # A million calls of one joule each: 1/3.6 kWh.
    assert carbon.grams_per_million_calls(1.0, carbon.own(360.0)) == pytest.approx(100.0, rel=1e-12)


@pytest.mark.parametrize(("energy_j", "grid"), [(None, carbon.own(1.0)), (1.0, None), (None, None)])
def test_grams_are_missing_where_joules_or_grid_are(energy_j: float | None, grid: Grid | None) -> None:
    assert carbon.grams(energy_j, grid) is None
    assert carbon.grams_per_million_calls(energy_j, grid) is None


def test_zero_is_zero_and_not_missing() -> None:
    assert carbon.grams(0.0, carbon.own(500.0)) == 0.0
    assert carbon.grams(1.0, carbon.own(0.0)) == 0.0
    # Joules without idle power may be negative within their interval.
    assert carbon.grams(-KWH_J, carbon.own(2.0)) == -2.0


def test_half_widths_convert_like_values() -> None:
    at = carbon.own(44.2)
    middle, end, half = (carbon.grams(e, at, 1.2) for e in (7.0, 7.5, 0.5))
    assert middle is not None
    assert end is not None
    assert half == pytest.approx(end - middle, rel=1e-9)


@pytest.mark.parametrize(
    ("code", "g_per_kwh", "country", "year"),
    [
        ("FR", 44.2, "France", 2024),
        ("de", 344.1, "Germany", 2024),
        (" us ", 383.5, "United States", 2024),
        ("UK", 210.9, "United Kingdom", 2024),
        ("EU", 213.3, "European Union", 2024),
        ("world", 473.0, "world", 2024),
        ("IS", 28.3, "Iceland", 2023),
    ],
)
def test_grids_are_found_by_code(code: str, g_per_kwh: float, country: str, year: int) -> None:
    found = carbon.grid(code)
    assert (found.g_per_kwh, found.country, found.year) == (g_per_kwh, country, year)
    assert found.label == f"{g_per_kwh:g} g/kWh ({country}, {year}; lifecycle; Ember (2025) via Our World in Data)"


def test_every_line_of_the_table_is_complete() -> None:
    found = carbon.grids()
    assert len(found) >= 40
    for code, grid in found.items():
        assert code == grid.code
        assert code.isupper()
        assert 10 < grid.g_per_kwh < 1000
        assert grid.year in (2023, 2024)
        assert grid.country
        assert grid.source == "Ember (2025) via Our World in Data"


def test_an_unknown_grid_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as error:
        carbon.grid("Atlantis")
    assert str(error.value).startswith("grid 'Atlantis' is unknown; allowed: AE, AT, ")
    assert str(error.value).endswith("ZA, WORLD; or give your own figure with --g-per-kwh")


@pytest.mark.parametrize("given", [-0.1, math.nan, math.inf])
def test_an_impossible_figure_is_refused(given: float) -> None:
    with pytest.raises(UsageError, match=f"--g-per-kwh is {given:g}; allowed: a number of at least 0"):
        carbon.own(given)


@pytest.mark.parametrize("grid", [carbon.own(12.5), carbon.grid("SE")], ids=["own", "table"])
def test_a_grid_survives_json(grid: Grid) -> None:
    assert Grid.from_dict(grid.as_dict()) == grid


def test_a_users_own_figure_is_labelled_as_given_by_the_user() -> None:
    assert carbon.own(12.5).label == "12.5 g/kWh (given by the user)"


RANGE = Range(KWH_J, 2.5 * KWH_J)


def test_a_range_of_joules_is_a_range_of_grams() -> None:
    assert carbon.grams_range(RANGE, carbon.own(100.0)) == pytest.approx((100.0, 250.0))
    assert carbon.grams_range(RANGE, carbon.own(100.0), pue=1.5) == pytest.approx((150.0, 375.0))
    assert carbon.grams_range_per_million_calls(Range(3.6, 7.2), carbon.own(100.0)) == pytest.approx((100.0, 200.0))


def test_a_range_of_grams_is_unknown_without_joules_or_a_grid_and_0_without_emissions() -> None:
    assert carbon.grams_range(None, carbon.own(1.0)) is None
    assert carbon.grams_range(RANGE, None) is None
    assert carbon.grams_range_per_million_calls(None, None) is None
    assert carbon.grams_range(RANGE, carbon.own(0.0)) == (0.0, 0.0)
