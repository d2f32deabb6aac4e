"""Rates from options to run.json and back, and the sentence that goes with every figure."""

from __future__ import annotations

import json
import math

import pytest

from bench.cost import carbon
from bench.cost.rates import Rates, rates
from bench.errors import UsageError


def test_nothing_given_is_nothing_known() -> None:
    found = rates()
    assert found == Rates()
    assert not found.given
    assert found.label == "Carbon: no grid given. Money: no price given. PUE 1."
    assert found.as_dict() == {"grid": None, "price_per_kwh": None, "price_per_hour": None, "pue": 1.0}


@pytest.mark.parametrize(
    ("options", "label"),
    [
        (
            {"grid": "fr"},
            "Carbon: 44.2 g/kWh (France, 2024; lifecycle; Ember (2025) via Our World in Data). "
            "Money: no price given. PUE 1.",
        ),
        (
            {"g_per_kwh": 0.0, "price_per_kwh": 0.25, "price_per_hour": 2.0, "pue": 1.4},
            "Carbon: 0 g/kWh (given by the user). Money: 0.25 a kWh and 2 a device-hour. PUE 1.4.",
        ),
        ({"price_per_hour": 0.0}, "Carbon: no grid given. Money: 0 a device-hour. PUE 1."),
    ],
)
def test_labels_and_round_trips(options: dict[str, str | float], label: str) -> None:
    found = rates(**options)  # type: ignore[arg-type]
    assert (found.label, found.given) == (label, True)
    assert Rates.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found


def test_two_grids_at_once_are_one_too_many() -> None:
    with pytest.raises(UsageError) as error:
        rates(grid="FR", g_per_kwh=50.0)
    assert str(error.value) == "--grid FR and --g-per-kwh 50 say the same thing twice; leave out one of them"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("price_per_kwh", -1.0, "--price-per-kwh is -1; allowed: a number of at least 0"),
        ("price_per_hour", math.inf, "--price-per-hour is inf; allowed: a number of at least 0"),
        ("price_per_hour", math.nan, "--price-per-hour is nan; allowed: a number of at least 0"),
        ("pue", 0.9, "--pue is 0.9; allowed: a number of at least 1"),
        ("pue", math.nan, "--pue is nan; allowed: a number of at least 1"),
        ("grid", "XX", "grid 'XX' is unknown; allowed: AE, AT"),
        ("g_per_kwh", -5.0, "--g-per-kwh is -5; allowed: a number of at least 0"),
    ],
)
def test_what_cannot_be_is_refused(option: str, value: str | float, said: str) -> None:
    with pytest.raises(UsageError) as error:
        rates(**{option: value})  # type: ignore[arg-type]
    assert str(error.value).startswith(said)


def test_no_price_of_zero_is_assumed() -> None:
    assert rates(grid="SE").price_per_kwh is None
    assert rates(g_per_kwh=1.0).grid == carbon.own(1.0)


def test_what_is_given_later_takes_the_place_of_what_was_given_before() -> None:
    before = rates(grid="FR", price_per_kwh=0.2, pue=1.3)
    assert before.overlaid(rates(grid="US")) == rates(grid="US", price_per_kwh=0.2, pue=1.3)
    assert before.overlaid(rates(pue=1.5, price_per_hour=2.0)) == rates("FR", None, 0.2, 2.0, 1.5)
    assert before.overlaid(rates()) == before
