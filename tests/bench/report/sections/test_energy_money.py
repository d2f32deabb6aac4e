"""Joules and seconds become grams and money, for a million calls and for the sweep itself."""

from __future__ import annotations

from typing import Any

import pytest

from bench.cost.rates import rates
from tests.bench.report.sections.energy_section import FAST, RATES, SLOW, TWO, section_of, tables, texts, words
from tests.bench.report.synthetic_run import measured, modelled, without


def test_grams_and_money_of_a_million_calls() -> None:
    section = section_of([SLOW], [measured(SLOW, 3.6e-3, 3.6e-4)], rates=RATES)
    million = tables(section)[1]
    assert million.head == (
        "implementation", "CO₂e", "electricity, USD", "device time, USD", "total: electricity + device time, USD",
    )  # fmt: skip
    assert texts(million) == [["loops", "1.000 ± 0.050 g", "0.000400 ± 0.000020", "2.00", "2.00"]]
    assert "Carbon: 500 g/kWh (given by the user). Money: 0.2 USD a kWh and 2 USD a device-hour. PUE 1." in words(
        section
    )


def test_grams_from_modelled_joules_are_named_modelled() -> None:
    section = section_of([SLOW], [modelled(SLOW, 1.0)], rates=rates(grid="FR", pue=1.5).as_dict())
    (table,) = tables(section)
    assert table.head[4:] == ("CO₂e of a million calls, modelled",)
    assert texts(table) == [["loops", "3.600 ms", "3.60 mJ", "3.60 pJ", "66.3 mg"]]
    assert "44.2 g/kWh (France, 2024; lifecycle; Ember (2025) via Our World in Data)" in words(section)


def test_device_time_has_a_price_without_joules() -> None:
    section = section_of([SLOW], [without(SLOW)], rates=RATES)
    assert [texts(table) for table in tables(section)] == [[["loops", "3.600 ms", "2.00"]]]


def test_without_rates_there_are_no_grams_and_the_options_are_named() -> None:
    section = section_of([SLOW], TWO[:1], rates=rates().as_dict())
    assert "--grid or --g-per-kwh, --price-per-kwh, --price-per-hour" in words(section)
    assert "CO₂e" not in " ".join(head for table in tables(section) for head in table.head)


def test_prices_of_earlier_runs_have_no_currency() -> None:
    section = section_of([SLOW], [measured(SLOW, 3.6e-3)], rates=RATES | {"currency": None})
    assert tables(section)[1].head[2:4] == ("electricity", "device time")
    assert "Money is in the currency of the prices, which was not recorded." in words(section)


OWN = [
    {"device": "cpu", "scope": "package-0", "method": "counter", "source": "rapl-perf", "joules": 7200.0},
    {"device": "cuda", "scope": "gpu-board", "method": "counter", "source": "nvml", "joules": None},
    {"device": "cpu", "scope": "socket-share", "method": "model", "source": "model", "joules": 1200.0},
]


def test_the_cost_of_the_sweep_is_measured_or_modelled_in_separate_sentences() -> None:
    told = words(section_of([FAST], TWO[:1], own_energy=OWN, rates=RATES))
    assert (
        "The sweep itself used 7.20 kJ (package-0, measured by rapl-perf), 1.00 g CO₂e and 0.000400 USD for "
        "electricity; idle power included."
    ) in told
    assert "The sweep itself used 1.20 kJ (socket-share, modelled), 167 mg CO₂e" in told
    assert "8.40 kJ" not in told


@pytest.mark.parametrize("meta", [{}, {"own_energy": []}, {"own_energy": None}, {"own_energy": OWN[1:2]}])
def test_an_unknown_cost_of_the_sweep_is_left_out(meta: dict[str, Any]) -> None:
    assert "The sweep itself" not in words(section_of([FAST], TWO[:1], **meta))
