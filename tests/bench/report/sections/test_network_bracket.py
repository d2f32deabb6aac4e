"""The bracketed joules of one inference: sums of both ends, ranges of grams and money; null if a layer has none."""

from __future__ import annotations

from bench.cost.rates import rates
from bench.report.findings.network_brackets import bracket_of
from bench.report.sections.study import Study
from tests.bench.report.sections.energy_section import tables, texts, words
from tests.bench.report.sections.test_network_energy import DIRECT, TORCH, section_of
from tests.bench.report.synthetic_run import bracketed, make_run, modelled, without

# 0.36 USD a kWh are 0.1 USD a million joules.
RATES = rates(g_per_kwh=400.0, price_per_kwh=0.36, currency="USD").as_dict()
TIMED = [*TORCH, DIRECT[0]]
LINES = [bracketed(row) for row in TIMED]


def test_both_ends_are_added_over_all_layers() -> None:
    study = Study.of(make_run([*TORCH, *DIRECT], energy=LINES))
    (network,) = study.networks
    found = bracket_of(network, study.energy_of)
    assert found is not None
    assert found.label == "Forged servers, 20 machines"
    best, torch, direct = found.inferences
    first, second = LINES[0], LINES[1]
    assert torch.energy is not None
    assert (torch.energy.low, torch.energy.high) == (
        (first.low_j or 0) + 3 * (second.low_j or 0), (first.high_j or 0) + 3 * (second.high_j or 0),
    )  # fmt: skip
    assert best.energy is not None
    assert best.energy.high < torch.energy.high
    assert (direct.time, direct.energy, direct.known, direct.convolutions) == (None, None, 1, 4)


def test_one_inference_has_ranges_of_joules_grams_and_money_in_the_order_of_times() -> None:
    section = section_of([*TORCH, *DIRECT], LINES, rates=RATES)
    table = tables(section)[1]
    assert table.head == (
        "implementation", "time", "energy, bracketed", "CO₂e, bracketed",
        "electricity of a million inferences, bracketed, USD",
    )  # fmt: skip
    # 1.9 + 3 × 0.9 = 4.6 s and 2.1 + 3 × 1.1 = 5.4 s at 3.1 and 40.416 W.
    assert texts(table) == [
        ["best per layer", "4.000 s", "11–180 J", "1.2–20 mg", "1.1–18"],
        ["torch", "5.000 s", "14–220 J", "1.6–24 mg", "1.4–22"],
        ["direct", "–", "–", "–", "–"],
    ]
    assert {cell.look for row in table.rows for cell in row} == {"", "bracket", "muted"}
    assert table.rows[2][1].small == "does not cover every layer"
    assert (
        "bracketed, not measured (Forged servers, 20 machines): 11–180 J with the best per layer, 1.2–20 mg CO₂e, "
        "1.1–18 USD of electricity a million; 14–220 J with torch"
    ) in section.answers[1]
    assert "brackets rank nothing" in words(section)
    assert "joules of one inference are missing" not in words(section)


def test_a_layer_without_joules_leaves_the_sum_unknown_and_other_kinds_are_not_added() -> None:
    for line in (without(TORCH[1]), modelled(TORCH[1], 1.0)):
        study = Study.of(make_run(TORCH, energy=[LINES[0], line]))
        (network,) = study.networks
        found = bracket_of(network, study.energy_of)
        assert found is not None
        assert {one.energy for one in found.inferences} == {None}
    study = Study.of(make_run(TORCH, energy=[without(row) for row in TORCH]))
    assert bracket_of(study.networks[0], study.energy_of) is None
