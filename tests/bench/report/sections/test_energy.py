"""The energy section keeps measured and modelled joules apart, and calls overlapping intervals a tie."""

from __future__ import annotations

from typing import Any

import pytest

from bench.energy.model import from_options
from bench.report.document.blocks import Heading
from bench.report.sections import energy
from bench.report.sections.study import Study
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from bench.store.status import Flag
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
from tests.bench.report.synthetic_run import fault, make_run, measured, modelled, ok, points, without

ON_GPU = [ok("b", name, t, t / 100, device="cuda") for name, t in (("cudnn", 1e-4), ("torch", 2e-4))]
MODEL = from_options(60.0, 180.0, 16, 2)
ASSUMED = {"model": {name: getattr(MODEL, name) for name in MODEL.__slots__}, "without": {"cpu": "no sensor"}}


def test_the_fewest_measured_joules_are_named_and_compared_with_the_fastest() -> None:
    section = section_of([FAST, THRIFTY], TWO)
    assert section.answers == (
        "torch needs the fewest joules per call on a: 4.00 ± 0.10 mJ net "
        "(package-0, rapl-perf, counter); the fastest, onednn, needs 2.00 times as many.",
    )
    (table,) = tables(section)
    assert texts(table) == [
        ["torch", "package-0", "4.00 ± 0.10 mJ", "8.00 ± 0.10 mJ", "20.0 W", "4.00 pJ", "3 × 500 ms", "few-windows"],
        ["onednn", "package-0", "8.00 ± 0.20 mJ", "16.00 ± 0.20 mJ", "20.0 W", "8.00 pJ", "3 × 500 ms", "–"],
    ]  # fmt: skip
    first = table.rows[0]
    assert (first[0].look, table.rows[1][0].look) == ("best", "")
    assert [first[i].small for i in (1, 4, 6, 7)] == [
        "rapl-perf, counter", "idle 10.0 W", "2 rejected", "second meter +6.0 %",
    ]  # fmt: skip
    assert alts(section) == ["Measured net joules per call on a by implementation, with 95 % intervals."]
    assert "expanded 95 % uncertainty (GUM) without that of the meter's scale" in words(section)


@pytest.mark.parametrize(
    ("fast", "thrifty", "said"),
    [
        ((4.15e-3, 1e-4), (4e-3, 1e-4), "torch and onednn are tied in joules per call on a"),
        ((4.25e-3, 1e-4), (4e-3, 1e-4), "torch needs the fewest joules per call on a"),
        ((3e-3, 1e-4), (4e-3, 1e-4), "net (package-0, rapl-perf, counter); it is also the fastest."),
        ((3e-3, None), (4e-3, 1e-4), "is undecided; onednn has the least"),
        # An overlap of wide intervals is no tie.
        ((6e-3, 3e-3), (4e-3, 1e-4), "is undecided; torch has the least"),
        ((9e-3, 3e-3), (4e-3, 1e-4), "torch needs the fewest joules per call on a"),
        # An interval that reaches 0 ranks nothing.
        ((4e-3, 1e-4), (-1e-6, 1e-5), "is undecided; torch has the least"),
    ],
)
def test_a_winner_is_named_only_where_intervals_do_not_overlap(
    fast: tuple[float, float | None], thrifty: tuple[float, float | None], said: str
) -> None:
    section = section_of([FAST, THRIFTY], [measured(FAST, *fast), measured(THRIFTY, *thrifty)])
    assert said in section.answers[0]
    is_clear = "tied" not in said and "undecided" not in said
    assert [row[0].look for row in tables(section)[0].rows] == ["best" if is_clear else "", ""]


def test_a_third_with_an_overlapping_interval_is_tied_too() -> None:
    lines = [measured(FAST, 5e-3, 1e-4), measured(THRIFTY, 4e-3, 1e-4), measured(SLOW, 4.3e-3, 3e-4)]
    (answer,) = section_of([FAST, THRIFTY, SLOW], lines).answers
    assert answer.startswith("torch and loops are tied")
    assert "the fastest, onednn, needs 1.25 times as many" in answer


@pytest.mark.parametrize(("others", "is_clear"), [(1, True), (12, False)])
def test_intervals_of_many_hold_all_at_once(others: int, is_clear: bool) -> None:
    """Intervals that just do not overlap tell two apart, and not one of thirteen."""
    rows = [ok("a", f"y{number}", 1e-3, 1e-4) for number in range(others)]
    lines = [measured(FAST, 4e-3, 1e-4), *(measured(row, 4.21e-3, 1e-4) for row in rows)]
    (answer,) = section_of([FAST, *rows], lines).answers
    assert ("onednn needs the fewest joules" in answer) is is_clear


def test_a_tie_in_time_is_not_called_slower() -> None:
    level = [ok("a", "onednn", 1e-3, 1e-4), ok("a", "torch", 1.01e-3, 1e-4)]
    (answer,) = section_of(level, [measured(level[0], 8e-3, 1e-4), measured(level[1], 4e-3, 1e-4)]).answers
    assert answer.endswith("; in time it is tied with onednn, which needs 2.00 times as many.")


def test_all_are_ranked_by_gross_joules_if_one_has_no_net_value() -> None:
    section = section_of([FAST, SLOW], [measured(FAST, 8e-3, 2e-4), measured(SLOW, None, 1e-4, gross_j=5e-3)])
    assert "5.00 ± 0.10 mJ gross (package-0" in section.answers[0]
    # Its u95_j is that of the gross energy; the missing net value is a dash.
    assert texts(tables(section)[0])[0][2:4] == ["–", "5.00 ± 0.10 mJ"]


def test_scopes_are_ranked_by_the_package_and_never_added() -> None:
    others = [measured(row, j, 1e-5, scope=scope) for row in (FAST, THRIFTY)
              for scope, j in (("dram-0", 1e-3 if row is FAST else 9e-3), ("psys", 5e-2))]  # fmt: skip
    section = section_of([FAST, THRIFTY], [*TWO, *others])
    assert section.answers[0].startswith("torch needs the fewest")
    ranked, other = tables(section)
    assert {row[1].text for row in ranked.rows} == {"package-0"}
    assert [row[1].text for row in other.rows] == ["dram-0", "dram-0", "psys", "psys"]
    only = section_of([FAST], [line for line in others if line.implementation == "onednn"])
    assert "Neither a package nor a board was measured" in only.answers[0]
    assert alts(only) == []


def test_modelled_joules_are_named_so_and_give_no_ranking() -> None:
    section = section_of([FAST, THRIFTY], [modelled(FAST, 22.5), modelled(THRIFTY, 22.5)], energy_terms=ASSUMED)
    (answer,) = section.answers
    assert answer.startswith("No energy was measured here (no sensor: nothing here). Modelled: time × an assumed power")
    assert "it carries no information beyond time" in answer
    assert "exactly as time does" in answer
    assert "fewest" not in words(section)
    (table,) = tables(section)
    assert table.head == ("implementation", "time", "energy, modelled", "per direct FLOP, modelled")
    assert texts(table) == [["onednn", "1.000 ms", "22.5 mJ", "22.5 pJ"], ["torch", "2.000 ms", "45.0 mJ", "45.0 pJ"]]
    assert alts(section) == ["Modelled, not measured: joules per call on a by implementation."]
    assert any(b.text == "Modelled, not measured: a" for b in section.blocks if isinstance(b, Heading))


def test_modelled_joules_have_the_mark_and_the_range_of_their_time_and_the_fewest_come_first() -> None:
    """Found by a newcomer: no mark on joules of noisy times, an order of no kind, and ± explained without a ±."""
    wild: dict[str, Any] = {"time_low_s": None, "time_high_s": None, "flags": (Flag.NOISY, Flag.WIDE_INTERVAL)}
    rows = [ok("a", "loops", 4e-3, 1e-4), ok("a", "onednn", 1e-3, 1e-5, **wild), ok("a", "torch", 2e-3, 1e-5)]
    section = section_of(rows, [modelled(row, 22.5) for row in rows], energy_terms=ASSUMED, rates=RATES)
    (table,) = tables(section)
    assert [row[0].text for row in table.rows] == ["onednn", "torch", "loops"]
    assert [[(cell.text, cell.small) for cell in row[1:3]] for row in table.rows[:2]] == [
        [("1.000 ms †", "no interval: too noisy"), ("22.5 mJ †", "no interval: too noisy")],
        [("2.000 ms", "1.990–2.010 ms"), ("45.0 mJ", "44.8–45.2 mJ")],
    ]
    assert "±" not in words(section)
    assert "±" in words(section_of([FAST, THRIFTY], TWO, rates=RATES))


def test_measured_and_modelled_joules_share_no_table_figure_or_sentence() -> None:
    gpu = [measured(row, j, j / 100) for row, j in zip(ON_GPU, (2e-3, 5e-3), strict=True)]
    cpu = [modelled(FAST, 22.5), modelled(THRIFTY, 22.5)]
    section = section_of([FAST, THRIFTY, *ON_GPU], [*cpu, *gpu], energy_terms=ASSUMED, rates=RATES)
    kinds = []
    for table in tables(section):
        cells = {cell.text for row in table.rows for cell in row}
        has_measured = "±" in " ".join(cells)
        has_modelled = any("modelled" in head for head in table.head)
        assert not (has_measured and has_modelled)
        kinds.append((has_measured, has_modelled))
    assert kinds == [(False, True), (True, False), (True, False)]
    assert len(alts(section)) == 2
    first, second = section.answers
    assert first.startswith("cudnn needs the fewest joules per call on b on cuda")
    assert second.startswith("No energy was measured on cpu")


@pytest.mark.parametrize(
    ("rows", "said", "unsaid"),
    [
        ([FAST], "Energy is missing: no sensor. Type convcost doctor", "on cpu is"),
        ([ON_GPU[0]], "Energy is missing: no sensor. Type convcost doctor", "--cpu-idle-w"),
    ],
)
def test_missing_energy_is_shown_with_reason_and_command(rows: list[Row], said: str, unsaid: str) -> None:
    section = section_of(rows, [without(row, "no sensor") for row in rows])
    assert said in section.answers[0]
    assert unsaid not in section.answers[0]
    assert tables(section) == []
    assert alts(section) == []


def test_a_run_without_energy_records_says_so() -> None:
    assert section_of([FAST], []).answers[0].startswith("Energy is missing: not recorded.")
    assert energy.sections(Study.of(make_run([fault("a", "fft", "failed", "n")]))) == ()


def test_rows_are_counted_by_kind_of_energy() -> None:
    many = [ok(str(i), "torch", 1e-3) for i in range(4)]
    lines = [measured(many[0], 1e-3, 1e-5), without(many[1]), without(many[2]), without(many[3], "all throttled")]
    told = words(section_of([*many, fault("x", "fft", "wrong", "off")], lines))
    assert "cpu: of 4 timed rows, 1 have measured joules, 0 have modelled joules and 3 have none." in told
    assert "Not measured: not sampled (2); all throttled (1)." in told


def test_a_null_is_a_dash_and_never_a_zero() -> None:
    bare = Energy("a", "onednn", "cpu", "package-0", "counter", "rapl-perf", gross_j=5e-3)
    section = section_of([FAST, THRIFTY], [bare, without(THRIFTY)], rates=RATES)
    joules, million = tables(section)
    assert texts(joules) == [["onednn", "package-0", "–", "5.00 mJ", "–", "–", "–", "–"]]
    assert texts(million)[1] == ["torch", "–", "–", "1.11", "1.11"]
    assert million.rows[1][4].small == "device time only"
    assert "Without joules: torch (not sampled)." in words(section)


def test_the_central_case_is_shown_unless_only_another_has_joules() -> None:
    base, wide = (ok(k, "torch", 1e-3, points=points({"kernel": k})) for k in ("3", "11"))
    axes = {"kernel": ["3", "11"]}
    both = make_run([wide, base], axes=axes, energy=[measured(wide, 2e-3, 1e-5), measured(base, 1e-3, 1e-5)])
    other = make_run([wide, base], axes=axes, energy=[measured(wide, 2e-3, 1e-5), without(base)])
    answers = [energy.sections(Study.of(run))[0].answers[0] for run in (both, other)]
    assert ["measured on 3:" in answers[0], "measured on 11:" in answers[1]] == [True, True]


def test_processes_and_neighbours_are_shown_with_windows_and_flags() -> None:
    line = measured(
        FAST, 8e-3, 2e-4, processes=3, rejected=1, flags=("busy-neighbours",), neighbours_share=0.034,
        idle_neighbours_share=0.0,
    )  # fmt: skip
    (row,) = tables(section_of([FAST], [line]))[0].rows
    assert (row[6].text, row[6].small) == ("3 × 500 ms", "3 processes, 1 rejected")
    assert (row[7].text, row[7].small) == ("busy-neighbours", "neighbours 3.4 %, neighbours at rest 0.0 %")
