"""The ranking of a case: one table of cases for the rule itself, the table of `measure` and the report."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bench.report.findings import ranking as report
from bench.report.findings.results import read
from bench.rows.delegation import competing, label
from bench.rows.ranking import Verdict, fastest, rank
from bench.store.schema import Row
from bench.terminal import verdict
from tests.bench.report.synthetic_run import make_run, ok


def _row(name: str, time_s: float, low: float | None = None, half_s: float | None = None, delegate: str = "") -> Row:
    """A row with its paired ratio, its interval `low` to twice the ratio, unless `low` is None."""
    ratio = {} if low is None else {"over_best": time_s, "over_best_low": low, "over_best_high": 2 * time_s}
    return ok("a", name, time_s, half_s, delegate=delegate or None, **ratio)


BEST = _row("x", 1.0, 1.0)
AUTO = _row("auto", 0.99, 0.9, delegate="x")


@dataclass(frozen=True)
class Expected:
    verdict: Verdict
    leaders: tuple[str, ...]
    unknown: tuple[str, ...] = ()


CASES: dict[str, tuple[list[Row], Expected]] = {
    "alone": ([BEST], Expected(Verdict.ALONE, ("x",))),
    "slower by the paired ratio": ([BEST, _row("y", 1.1, 1.01)], Expected(Verdict.CLEAR, ("x",))),
    "tied at exactly 1": ([BEST, _row("y", 1.1, 1.0)], Expected(Verdict.TIE, ("x", "y"))),
    "tied with a later one only": (
        [BEST, _row("y", 1.1, 1.05), _row("z", 1.3, 0.9)],
        Expected(Verdict.TIE, ("x", "z")),
    ),
    "tied with one of two": ([BEST, _row("y", 1.01, 0.99), _row("z", 3.0, 2.9)], Expected(Verdict.TIE, ("x", "y"))),
    "the order given is not the order of times": (
        [_row("z", 3.0, 2.9), _row("y", 1.1, 1.01), BEST],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "the paired ratio goes before intervals that overlap": (
        [_row("x", 1.0, 1.0, half_s=0.2), _row("y", 1.1, 1.01, half_s=0.2)],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "the paired ratio goes before intervals that do not overlap": (
        [_row("x", 1.0, 1.0, half_s=0.01), _row("y", 1.1, 0.98, half_s=0.01)],
        Expected(Verdict.TIE, ("x", "y")),
    ),
    "without pairs, intervals that overlap": (
        [_row("x", 1.0, half_s=0.1), _row("y", 1.15, half_s=0.1)],
        Expected(Verdict.TIE, ("x", "y")),
    ),
    "without pairs, intervals apart": (
        [_row("x", 1.0, half_s=0.1), _row("y", 1.25, half_s=0.1)],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "no interval of the runner-up": ([BEST, _row("y", 1.5)], Expected(Verdict.NO_INTERVAL, ("x",), ("y",))),
    "no interval of the fastest": (
        [_row("x", 1.0), _row("y", 2.0, half_s=0.1)],
        Expected(Verdict.NO_INTERVAL, ("x",), ("y",)),
    ),
    "no interval of the runner-up, a third slower": (
        [BEST, _row("y", 1.01), _row("z", 1.5, 1.4)],
        Expected(Verdict.NO_INTERVAL, ("x",), ("y",)),
    ),
    "no interval of the runner-up, a third tied": (
        [BEST, _row("y", 1.01), _row("z", 1.5, 0.9)],
        Expected(Verdict.TIE, ("x", "z"), ("y",)),
    ),
    "no interval of the slowest": (
        [BEST, _row("y", 1.1, 1.05), _row("z", 500.0)],
        Expected(Verdict.CLEAR, ("x",), ("z",)),
    ),
    "a chooser does not tie with its choice": ([AUTO, BEST], Expected(Verdict.ALONE, ("x",))),
    "a chooser of the runner-up": (
        [BEST, _row("y", 1.5, 1.4), _row("auto", 1.4, 0.9, delegate="y")],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "a chooser whose choice was not measured": (
        [_row("auto", 1.0, 1.0, delegate="far"), _row("y", 1.5, 1.4)],
        Expected(Verdict.CLEAR, ("auto",)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rule(name: str) -> None:
    rows, expected = CASES[name]
    ranking = rank(rows)
    assert (ranking.verdict, ranking.leaders) == (expected.verdict, expected.leaders)
    assert tuple(row.implementation for row in ranking.unknown) == expected.unknown


@pytest.mark.parametrize("name", CASES)
def test_the_table_of_measure_and_the_report_decide_alike(name: str) -> None:
    rows, expected = CASES[name]
    (ranking,) = report.rank(read(make_run(rows).measurements))
    assert (ranking.verdict, ranking.leaders) == (expected.verdict, expected.leaders)
    first = label(next(row for row in rows if row.implementation == expected.leaders[0]))
    said = {
        Verdict.TIE: f"{first} is tied with {', '.join(expected.leaders[1:])} (",
        Verdict.NO_INTERVAL: f"{first} took the least time (",
    }.get(expected.verdict, f"{first} is fastest (")
    text = verdict.of(rows)
    assert text.startswith(said)
    assert ("Too few samples for an interval: " in text) is bool(expected.unknown)


def test_nothing_timed_has_no_winner() -> None:
    ranking = rank([Row(implementation="x"), Row(implementation="y")])
    assert (ranking.verdict, ranking.leading, ranking.ratio) == (Verdict.NONE, (), None)
    assert fastest([Row(implementation="x")]) is None


def test_the_ratio_is_paired_or_else_a_quotient() -> None:
    paired, quotient = _row("y", 1.1, 1.05), _row("y", 2.5)
    assert rank([BEST, paired]).ratio == 1.1
    assert rank([_row("x", 2.0), quotient]).ratio == 1.25
    assert rank([Row(implementation="x", time_s=0.0), quotient]).ratio == float("inf")


def test_a_time_of_0_is_the_fastest_and_the_first_of_equal_times_leads() -> None:
    zero, one, same = (Row(implementation=n, time_s=t) for n, t in (("a", 0.0), ("b", 1.0), ("c", 0.0)))
    assert [row.implementation for row in rank([one, zero, same]).order] == ["a", "c", "b"]
    assert fastest([one, zero]) is zero


def test_a_chooser_competes_only_if_its_choice_is_not_there() -> None:
    other = _row("auto", 1.0, 1.0, delegate="far")
    assert competing([BEST, AUTO]) == [BEST]
    assert competing([BEST, other]) == [BEST, other]
    assert competing([_row("x", 1.0, 1.0, delegate="x")]), "an entry that names itself competes"
    assert rank([AUTO, BEST]).choosers == (AUTO,)
    assert [label(row) for row in (BEST, other)] == ["x", "auto (far)"]
