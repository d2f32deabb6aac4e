"""The network's section has joules, grams and money of one inference, with their ranges and methods."""

from __future__ import annotations

from typing import Any

from bench.cost.rates import rates
from bench.report.document.blocks import Section
from bench.report.sections import networks
from bench.report.sections.study import Study
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.sections.energy_section import tables, texts, words
from tests.bench.report.synthetic_run import executed, fault, layers, make_run, measured, modelled, ok, without

A, B = layers(("net", "a", 1)), layers(("net", "b", 3))
TORCH = [
    ok("mb1ic4|a", "torch", 2.0, 0.1, layers=A, points=()),
    ok("mb1ic4|b", "torch", 1.0, 0.1, layers=B, points=()),
]
DIRECT = [ok(TORCH[0].case_key, "direct", 1.0, 0.1, layers=A, points=()),
          fault(TORCH[1].case_key, "direct", "unsupported", "no", layers=B, points=())]  # fmt: skip
# 3.6 J are 1 mWh: 1 kWh a million inferences.
RATES = rates(g_per_kwh=500.0, price_per_kwh=0.25, price_per_hour=3.6, currency="USD").as_dict()


def section_of(rows: list[Row], lines: list[Energy], **meta: Any) -> Section:
    (section,) = networks.sections(Study.of(make_run(rows, energy=lines, **meta)))
    return section


def test_one_inference_has_modelled_joules_grams_and_money_in_the_currency() -> None:
    rows = [*TORCH, *DIRECT]
    section = section_of(rows, [modelled(row, 0.72) for row in rows[:3]], rates=RATES)
    table = tables(section)[1]
    assert table.head == (
        "implementation", "time", "energy, modelled", "CO₂e, modelled",
        "electricity of a million inferences, modelled, USD", "device time of a million inferences, USD",
        "total of a million inferences, modelled, USD",
    )  # fmt: skip
    assert texts(table) == [
        ["best per layer", "4.000 s", "2.88 J", "400 µg", "0.200", "4000", "4000"],
        ["torch", "5.000 s", "3.60 J", "500 µg", "0.250", "5000", "5000"],
        ["direct", "–", "–", "–", "–", "–", "–"],
    ]
    torch, direct = table.rows[1:]
    assert [cell.small for cell in torch[2:5]] == ["3.31–3.89 J", "460–540 µg", "0.230–0.270"]
    assert direct[1].small == "does not cover every layer"
    assert (
        "modelled as time × an assumed power: 2.88 J with the best per layer, 400 µg CO₂e, 0.200 USD of electricity a "
        "million; 3.60 J with torch, 500 µg CO₂e, 0.250 USD of electricity a million."
    ) in section.answers[1]
    assert "One inference is one pass over all 4 convolutions at batch 1" in words(section)


def test_joules_from_what_was_executed_are_named_so_with_their_ranges() -> None:
    section = section_of(TORCH, [executed(row, 0.9, 0.09) for row in TORCH], rates=RATES)
    (row, _) = tables(section)[1].rows
    assert [(cell.text, cell.small) for cell in row[2:4]] == [("3.60 J", "3.24–3.96 J"), ("500 µg", "450–550 µg")]
    assert "modelled from what was executed: 3.60 J with torch" in section.answers[1]
    told = words(section)
    assert "Ranges are by the error of the model on rows that were left out of its fit." in told
    assert "assumed power" not in told


def test_measured_joules_are_told_with_their_meter_and_money_follows_gross_joules() -> None:
    section = section_of(TORCH, [measured(row, 0.45, 0.05) for row in TORCH], rates=RATES)
    table = tables(section)[1]
    assert table.head[2:4] == ("net energy", "gross energy")
    assert texts(table)[1] == ["torch", "5.000 s", "1.80 J", "3.60 J", "500 µg", "0.250", "5000", "5000"]
    assert table.rows[1][2].small == "1.60–2.00 J"
    assert "measured, gross (package-0, rapl-perf, counter): 3.60 J with torch" in section.answers[1]
    assert "modelled" not in " ".join(table.head)


def test_missing_joules_of_a_layer_are_counted() -> None:
    section = section_of(TORCH, [measured(TORCH[0], 0.45), without(TORCH[1])])
    table = tables(section)[1]
    assert texts(table)[1] == ["torch", "5.000 s", "–", "–"]
    assert table.rows[1][1].small == "joules of 1 of 4 convolutions"
    assert len(section.answers) == 1


def test_without_joules_the_reason_and_the_options_are_named_and_time_has_a_price() -> None:
    section = section_of(TORCH, [without(row, "no sensor: nothing here") for row in TORCH], rates=RATES)
    assert "The joules of one inference are missing: no sensor: nothing here. convcost report RUN --cpu-idle-w" in (
        words(section)
    )
    assert texts(tables(section)[1]) == [["best per layer", "5.000 s", "5000"], ["torch", "5.000 s", "5000"]]
