"""Brackets in the report: ranges with their class and count, in a table and a figure of their own, never ranked."""

from __future__ import annotations

import pytest

from bench.cost.rates import rates
from bench.report.document.blocks import Table
from bench.report.page import in_short
from bench.report.sections import bracket_answer
from bench.report.sections.study import Study
from bench.store.status import Flag
from tests.bench.energy.bracket.forged import BRACKET
from tests.bench.report.sections.energy_section import (
    FAST,
    RATES,
    THRIFTY,
    TWO,
    alts,
    section_of,
    tables,
    texts,
    words,
)
from tests.bench.report.synthetic_run import bracketed, make_run, measured, modelled, ok

TERMS = {"without": {"cpu": "no sensor"}, "model": None, "bracket": BRACKET.as_dict()}
LINES = [bracketed(FAST), bracketed(THRIFTY)]
ON_GPU = ok("b", "cudnn", 1e-4, 1e-6, device="cuda")


def looks(table: Table) -> set[str]:
    return {cell.look for row in table.rows for cell in row}


def test_brackets_are_ranges_in_the_order_of_the_times_and_have_a_look_of_their_own() -> None:
    section = section_of([THRIFTY, FAST], LINES, energy_terms=TERMS)
    (answer,) = section.answers
    assert answer.startswith(
        "No energy was measured here (no sensor: nothing here). Bracketed, not measured: time × the power of busy "
        "cores of Forged servers, 20 machines (SPECpower_ssj2008"
    )
    assert answer.endswith("Ratios of implementations are those of their times.")
    joules, _ = tables(section)
    assert joules.head == (
        "implementation", "time", "energy, bracketed", "idle part of it, bracketed", "per direct FLOP, bracketed",
    )  # fmt: skip
    assert texts(joules) == [
        ["onednn", "1.000 ms", "3.1–41 mJ", "0.99–4 mJ", "3.1–41 pJ"],
        ["torch", "2.000 ms", "6.2–81 mJ", "2–8 mJ", "6.2–81 pJ"],
    ]
    assert joules.rows[0][2].small == "3.1–40 W"
    assert looks(joules) == {"", "bracket"}, "none is the best"
    assert alts(section) == [
        "Bracketed, not measured: from the fewest to the most joules per call on a by implementation."
    ]
    told = words(section)
    assert "fewest joules per call on a on" not in told
    assert "it ranks nothing" in told
    assert "cpu: of 2 timed rows, 0 have measured joules, 0 have modelled joules, 2 have bracketed joules" in told


def test_what_is_assumed_is_said_with_what_widens_it() -> None:
    section = section_of([FAST], LINES[:1], energy_terms=TERMS)
    assert "time × 3.10 to 40.4 W for 2 busy threads (Forged servers, 20 machines; SPECpower" in words(section)
    assert "How the class is known: forged." in words(section)
    (_, widenings) = tables(section)
    assert [row[0].text for row in widenings.rows] == ["load", "turbo", "threads"]
    assert [row[1].text for row in widenings.rows] == ["0.700–1.40×", "1.00–2.74×", "0.500–1.00×"]
    assert all(row[2].text and row[3].text for row in widenings.rows)


def test_grams_and_money_of_brackets_are_ranges() -> None:
    section = section_of([FAST, THRIFTY], LINES, energy_terms=TERMS, rates=RATES)
    joules, _ = tables(section)
    assert joules.head[5:] == (
        "CO₂e of a million calls, bracketed", "electricity of a million calls, bracketed, USD",
        "device time of a million calls, USD", "total of both, electricity bracketed, USD",
    )  # fmt: skip
    assert [row[5:] for row in texts(joules)] == [
        ["0.43–5.7 g", "0.00017–0.0023", "0.556", "0.55–0.56"],
        ["0.86–11 g", "0.00034–0.0045", "1.11", "1.11–1.12"],
    ]
    assert "±" not in words(section)


def test_a_price_of_0_and_a_grid_without_emissions_are_known_and_cost_0() -> None:
    section = section_of([FAST], LINES[:1], rates=rates(g_per_kwh=0.0, price_per_kwh=0.0).as_dict())
    (joules,) = tables(section)
    assert [row[5:] for row in texts(joules)] == [["0 g", "0"]]


def test_the_first_screen_has_the_range_the_class_and_the_count() -> None:
    study = Study.of(make_run([FAST, THRIFTY], energy=LINES, energy_terms=TERMS, rates=RATES))
    said = (
        "Energy is bracketed, not measured: 3.1–41 mJ a call of onednn on a; a million "
        "such calls 0.43–5.7 g CO₂e and 0.00017–0.0023 USD of electricity (Forged servers, 20 machines)."
    )
    assert bracket_answer.short(study) == (said,)
    assert said in in_short(study)
    without_rates = Study.of(make_run([FAST], energy=LINES[:1]))
    (short,) = bracket_answer.short(without_rates)
    assert short.endswith("on a (Forged servers, 20 machines).")
    for lines in ([], TWO, [modelled(FAST, 20.0)]):
        assert bracket_answer.short(Study.of(make_run([FAST, THRIFTY], energy=lines))) == ()


def test_a_noisy_time_marks_its_bracket_which_is_on_the_first_screen_all_the_same() -> None:
    row = ok("a", "torch", 1e-3, flags=(Flag.NOISY, Flag.WIDE_INTERVAL))
    (first,) = in_short(Study.of(make_run([row], energy=[bracketed(row)])))
    assert first.startswith("Energy is bracketed, not measured: 3.1–40 mJ a call of torch on a (")
    joules, *_ = tables(section_of([row], [bracketed(row)]))
    assert texts(joules)[0][1:3] == ["1.000 ms †", "3.1–40 mJ †"]


def test_measured_and_bracketed_joules_share_no_table_figure_or_sentence() -> None:
    section = section_of(
        [FAST, THRIFTY, ON_GPU], [*LINES, measured(ON_GPU, 2e-3, 2e-5)], energy_terms=TERMS, rates=RATES
    )
    for table in tables(section):
        is_measured = "±" in " ".join(cell.text for row in table.rows for cell in row)
        assert not (is_measured and "bracket" in looks(table))
    assert len(alts(section)) == 2
    first, second = section.answers
    assert "cudnn" in first
    assert second.startswith("No energy was measured on cpu")


@pytest.mark.parametrize("given", [RATES, None])
def test_the_sweep_itself_is_bracketed_in_a_sentence_of_its_own(given: dict[str, object] | None) -> None:
    own = {
        "device": "cpu", "scope": "machine-share", "method": "bracket", "source": "Forged servers, 20 machines",
        "joules": None, "low_j": 950.0, "high_j": 2100.0,
    }  # fmt: skip
    told = words(section_of([FAST], LINES[:1], own_energy=[own], **({"rates": given} if given else {})))
    costs = ", 130–290 mg CO₂e and 0.000053–0.00012 USD for electricity" if given else ""
    assert (
        f"The sweep itself used 0.95–2.1 kJ (machine-share, bracketed by Forged servers, 20 machines){costs}: from one "
        "busy thread to all of its threads."
    ) in told
