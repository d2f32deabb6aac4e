"""Rates from options, in run.json, and as the sentence beside every figure."""

from __future__ import annotations

import json
import math

import pytest

from bench.cost import carbon
from bench.cost.rates import Rates, rates
from bench.errors import UsageError


def test_without_options_no_rate_is_known() -> None:
    found = rates()
    assert found == Rates()
    assert not found.given
    assert found.label == "Carbon: no grid given. Money: no price given. PUE 1."
    assert found.as_dict() == {
        "grid": None, "price_per_kwh": None, "price_per_hour": None, "pue": 1.0, "currency": None,
    }  # fmt: skip


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
        (
            {"price_per_kwh": 0.25, "price_per_hour": 2.0, "currency": "usd"},
            "Carbon: no grid given. Money: 0.25 USD a kWh and 2 USD a device-hour. PUE 1.",
        ),
    ],
)
def test_rates_have_a_label_and_survive_json(options: dict[str, str | float], label: str) -> None:
    found = rates(**options)  # type: ignore[arg-type]
    assert (found.label, found.given) == (label, True)
    assert Rates.from_dict(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found


def test_two_grids_are_refused() -> None:
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
        ("currency", "€", "--currency is '€'; allowed: a code of three letters, as in EUR or USD"),
        ("currency", "", "--currency is ''; allowed: a code of three letters"),
    ],
)
def test_impossible_values_are_refused(option: str, value: str | float, said: str) -> None:
    with pytest.raises(UsageError) as error:
        rates(**{option: value})  # type: ignore[arg-type]
    assert str(error.value).startswith(said)


def test_a_price_that_was_not_given_is_missing() -> None:
    assert rates(grid="SE").price_per_kwh is None
    assert rates(g_per_kwh=1.0).grid == carbon.own(1.0)


def test_later_options_replace_earlier_ones() -> None:
    before = rates(grid="FR", price_per_kwh=0.2, pue=1.3)
    assert before.overlaid(rates(grid="US")) == rates(grid="US", price_per_kwh=0.2, pue=1.3)
    assert before.overlaid(rates(pue=1.5, price_per_hour=2.0)) == rates("FR", None, 0.2, 2.0, 1.5)
    assert before.overlaid(rates()) == before


def test_prices_without_a_currency_are_in_euros() -> None:
    assert rates(price_per_kwh=0.25).with_currency().currency == "EUR"
    assert rates(price_per_hour=1.0, currency="CHF").with_currency().currency == "CHF"
    assert rates(grid="FR").with_currency() == rates(grid="FR")


def test_a_new_price_keeps_the_currency_of_the_run() -> None:
    before = rates(price_per_kwh=0.2, currency="USD")
    assert before.overlaid(rates(price_per_kwh=0.3)).with_currency() == rates(price_per_kwh=0.3, currency="USD")


def test_the_currency_of_earlier_runs_is_not_known() -> None:
    data = rates(price_per_kwh=0.2).as_dict()
    del data["currency"]
    assert Rates.from_dict(data).currency is None
