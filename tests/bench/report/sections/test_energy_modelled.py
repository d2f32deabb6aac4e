"""Joules modelled from what was executed: named so, with their range, in a table of their own, never ranked."""

from __future__ import annotations

from typing import Any

import pytest

from bench.energy.executed.form import as_dict
from bench.report.page import in_short
from bench.report.sections.study import Study
from bench.store.status import Flag
from tests.bench.energy.executed.forged import MODEL
from tests.bench.report.sections.energy_section import (
    FAST,
    RATES,
    SLOW,
    THRIFTY,
    TWO,
    alts,
    section_of,
    tables,
    texts,
    words,
)
from tests.bench.report.synthetic_run import executed, make_run, measured, modelled, ok, without

TERMS: dict[str, Any] = {"without": {"cpu": "no sensor"}, "model": None, "bracket": None, "executed": as_dict(MODEL)}
LINES = [executed(FAST, 8e-3, 2e-3), executed(THRIFTY, 4e-3, 1e-3)]
UNKNOWN = "no sensor: nothing here; not modelled: its executed FLOPs and bytes are unknown"


def test_what_was_executed_is_named_with_the_error_and_the_range_and_nothing_is_ranked() -> None:
    section = section_of([FAST, THRIFTY], LINES, energy_terms=TERMS)
    (answer,) = section.answers
    assert answer == f"No energy was measured here (no sensor: nothing here). {MODEL.assumption}"
    (table,) = tables(section)
    assert table.head == ("implementation", "time", "energy, modelled", "per direct FLOP, modelled")
    # The fewest joules first, not the fastest.
    assert texts(table) == [["torch", "2.000 ms", "4.00 mJ", "4.00 pJ"], ["onednn", "1.000 ms", "8.00 mJ", "8.00 pJ"]]
    assert [row[2].small for row in table.rows] == ["3.00–5.00 mJ", "6.00–10.0 mJ"]
    assert {cell.look for row in table.rows for cell in row} == {""}, "none is the best"
    assert alts(section) == ["Modelled, not measured: joules per call on a by implementation."]
    told = words(section)
    assert "exactly as time does" not in told
    assert "assumed power" not in told
    assert "the smallest cache level that holds the working set" in told
    assert "left out of that fit: 90 % of them had no larger one" in told


def test_grams_and_money_have_the_half_width_of_the_joules() -> None:
    (table,) = tables(section_of([FAST], [executed(FAST, 3.6e-3, 3.6e-4)], energy_terms=TERMS, rates=RATES))
    assert table.head[4:6] == (
        "CO₂e of a million calls, modelled", "electricity of a million calls, modelled, USD",
    )  # fmt: skip
    assert texts(table)[0][4:6] == ["500 ± 50 mg", "0.000200 ± 0.000020"]


def test_a_vendor_without_known_work_is_named_with_the_reason() -> None:
    lines = [LINES[0], without(THRIFTY, UNKNOWN), without(SLOW, UNKNOWN)]
    section = section_of([FAST, THRIFTY, SLOW], lines, energy_terms=TERMS)
    (table,) = tables(section)
    assert texts(table)[1] == ["torch", "2.000 ms", "–", "–"]
    told = words(section)
    # Why nothing was measured is said once, in the answer.
    why = "not modelled: its executed FLOPs and bytes are unknown"
    assert f"Without joules: torch and loops ({why})." in told
    assert "not modelled" not in section.answers[0]
    assert "cpu: of 3 timed rows, 0 have measured joules, 1 have modelled joules and 2 have none." in told


def test_the_mark_of_a_noisy_time_stays() -> None:
    row = ok("a", "torch", 1e-3, flags=(Flag.NOISY,))
    (table,) = tables(section_of([row], [executed(row, 4e-3, 1e-3)], energy_terms=TERMS))
    assert texts(table)[0][1:3] == ["1.000 ms †", "4.00 mJ †"]


def test_measured_and_executed_joules_share_no_table_figure_or_sentence() -> None:
    gpu = ok("b", "cudnn", 1e-4, 1e-6, device="cuda")
    section = section_of([FAST, THRIFTY, gpu], [*LINES, measured(gpu, 2e-3, 2e-5)], energy_terms=TERMS)
    first, second = section.answers
    assert "cudnn" in first
    assert second.startswith("No energy was measured on cpu")
    assert len(alts(section)) == 2
    heads = [any("modelled" in head for head in table.head) for table in tables(section)]
    assert sorted(heads) == [False, True]


def test_an_assumed_power_keeps_its_own_words() -> None:
    told = words(section_of([SLOW], [modelled(SLOW, 1.0)]))
    assert "It carries no information beyond time, has no uncertainty of its own" in told
    assert "what was executed" not in told


@pytest.mark.parametrize("terms", [None, {**TERMS, "executed": None}])
def test_a_run_without_its_model_says_what_is_known(terms: dict[str, Any] | None) -> None:
    (answer,) = section_of([FAST], LINES[:1], energy_terms=terms).answers
    assert answer.endswith("Modelled from what was executed, not measured.")


def test_the_top_of_the_page_has_only_measured_joules() -> None:
    assert not any("joules" in line for line in in_short(Study.of(make_run([FAST], energy=LINES[:1]))))
    assert any("joules" in line for line in in_short(Study.of(make_run([FAST, THRIFTY], energy=TWO))))
