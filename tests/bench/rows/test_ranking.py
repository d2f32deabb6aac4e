"""The ranking of a case: one table of cases for the rule itself, the table of `measure` and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bench.report.findings import ranking as report
from bench.report.findings.results import read
from bench.rows.delegation import competing, label
from bench.rows.leader import fastest_words
from bench.rows.ranking import Ranking, Verdict, fastest, rank
from bench.rows.standing import Standing, mostly_noisy
from bench.store.schema import Row
from bench.store.status import Flag
from bench.terminal import verdict
from tests.bench.report.synthetic_run import make_run, ok


def _row(name: str, time_s: float, low: float | None = None, half_s: float | None = None, **more: Any) -> Row:
    """A row with its paired ratio, its interval from `low` to a little more than the ratio, unless `low` is None.

    With a ratio and without `half_s`, the interval of the time is ± 1 %.
    """
    ratio = {"over_best": time_s, "over_best_low": low, "over_best_high": 1.1 * time_s} if low is not None else {}
    half_s = 0.01 * time_s if half_s is None and low is not None else half_s
    return ok("a", name, time_s, half_s, **(ratio | more))


BEST = _row("x", 1.0, 1.0)
AUTO = _row("auto", 0.99, 0.9, delegate="x")
# Times of a machine under load: intervals that no reader should see.
WILD: dict[str, Any] = {"time_low_s": 1e-5, "time_high_s": 5889.0, "flags": (Flag.WIDE_INTERVAL,)}


@dataclass(frozen=True)
class Expected:
    verdict: Verdict
    leaders: tuple[str, ...]
    few: tuple[str, ...] = ()
    noisy: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


CASES: dict[str, tuple[list[Row], Expected]] = {
    "alone": ([BEST], Expected(Verdict.ALONE, ("x",))),
    "slower by the paired ratio": ([BEST, _row("y", 1.1, 1.01)], Expected(Verdict.CLEAR, ("x",))),
    "tied at exactly 1": ([BEST, _row("y", 1.1, 1.0)], Expected(Verdict.TIE, ("x", "y"))),
    "tied with a later one only": (
        [BEST, _row("y", 1.06, 1.02), _row("z", 1.08, 0.9)],
        Expected(Verdict.TIE, ("x", "z")),
    ),
    "tied with one of two": ([BEST, _row("y", 1.01, 0.99), _row("z", 3.0, 2.9)], Expected(Verdict.TIE, ("x", "y"))),
    "more than a tenth apart is no tie": (
        [BEST, _row("y", 1.11, 0.95)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "a tie with one, undecided with another": (
        [BEST, _row("y", 1.05, 0.99), _row("z", 1.3, 0.9)],
        Expected(Verdict.TIE, ("x", "y"), undecided=("z",)),
    ),
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
        [_row("x", 1.0, half_s=0.1), _row("y", 1.09, half_s=0.1)],
        Expected(Verdict.TIE, ("x", "y")),
    ),
    "without pairs, intervals that overlap, and a large ratio": (
        [_row("x", 1.0, half_s=0.2), _row("y", 1.3, half_s=0.2)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "without pairs, intervals apart": (
        [_row("x", 1.0, half_s=0.1), _row("y", 1.25, half_s=0.1)],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "ratios to another than the fastest do not count": (
        [_row("x", 1.0, half_s=0.01, over_best=0.8, over_best_low=0.7, over_best_high=0.9), _row("y", 1.2, 0.9)],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "pairs too noisy to be used, and times that overlap": (
        [BEST, _row("y", 1.02, half_s=0.03, flags=(Flag.WIDE_RATIO,))],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "no interval of the runner-up": (
        [BEST, _row("y", 1.5)],
        Expected(Verdict.UNDECIDED, ("x",), few=("y",)),
    ),
    "no interval of the one with the least time": (
        [_row("x", 1.0), _row("y", 1.5, half_s=0.1)],
        Expected(Verdict.UNDECIDED, ("y",), few=("x",)),
    ),
    "no interval of the runner-up, a third slower": (
        [BEST, _row("y", 1.01), _row("z", 1.5, 1.4)],
        Expected(Verdict.UNDECIDED, ("x",), few=("y",)),
    ),
    "no interval of a third, close behind": (
        [BEST, _row("y", 1.2, 1.1), _row("z", 1.3)],
        Expected(Verdict.UNDECIDED, ("x",), few=("z",)),
    ),
    "no interval of the runner-up, a third tied": (
        [BEST, _row("y", 1.01), _row("z", 1.05, 0.9)],
        Expected(Verdict.TIE, ("x", "z"), few=("y",)),
    ),
    "no interval of the runner-up, far behind": ([BEST, _row("y", 90.0)], Expected(Verdict.CLEAR, ("x",), few=("y",))),
    "no interval of anyone, the runner-up far behind": (
        [_row("x", 1.0), _row("y", 90.0)],
        Expected(Verdict.UNDECIDED, ("x",), few=("y",)),
    ),
    "no interval of the slowest": (
        [BEST, _row("y", 1.1, 1.05), _row("z", 500.0)],
        Expected(Verdict.CLEAR, ("x",), few=("z",)),
    ),
    "an interval too wide is none": (
        [BEST, _row("y", 1.1, 1.05), _row("z", 1.2, **WILD)],
        Expected(Verdict.UNDECIDED, ("x",), noisy=("z",)),
    ),
    "the least time is too noisy to be the fastest": (
        [_row("x", 0.5, **WILD), _row("y", 1.0, 1.0), _row("z", 1.5, 1.4)],
        Expected(Verdict.UNDECIDED, ("y",), noisy=("x",)),
    ),
    "an interval far behind the least time": (
        [_row("x", 1.0, **WILD), _row("y", 15.0, half_s=0.5)],
        Expected(Verdict.UNDECIDED, ("x",), noisy=("y",)),
    ),
    "tied, but one too noisy took less time": (
        [_row("x", 0.9, **WILD), _row("y", 1.0, 1.0), _row("z", 1.05, 0.98)],
        Expected(Verdict.UNDECIDED, ("y", "z"), noisy=("x",), undecided=("z",)),
    ),
    "a noisy one far behind changes nothing": (
        [BEST, _row("y", 1.1, 1.05), _row("z", 641.0, 0.5, **WILD)],
        Expected(Verdict.CLEAR, ("x",), noisy=("z",)),
    ),
    "all are too noisy": (
        [_row("x", 1.0, 1.0, **WILD), _row("y", 1.1, 0.3, **WILD)],
        Expected(Verdict.UNDECIDED, ("x",), noisy=("y",)),
    ),
    "a few samples, most of them disturbed, are too noisy": (
        [BEST, _row("y", 1.5, flags=(Flag.NOISY,)), _row("z", 3.0, 2.9)],
        Expected(Verdict.UNDECIDED, ("x",), noisy=("y",)),
    ),
    "times too noisy, and pairs that agree: load slowed both alike": (
        [_row("x", 1.0, 1.0, **WILD), _row("y", 3.0, 2.9, **WILD)],
        Expected(Verdict.CLEAR, ("x",)),
    ),
    "pairs that say faster by much against times that say slower": (
        [BEST, _row("y", 1.05, 0.7, over_best=0.8, over_best_high=0.9)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "pairs that say faster by a hair against times that say slower by much": (
        [BEST, _row("y", 1.3, 0.9, over_best=0.95, over_best_high=1.0)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "intervals of times that overlap, and pairs without an interval that say slower by much": (
        [_row("x", 1.0, half_s=0.1, over_best=1.0), _row("y", 1.05, half_s=0.1, over_best=1.3)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "most are noisy, so no tie": (
        [_row("x", 1.0, 1.0, flags=(Flag.NOISY,)), _row("y", 1.02, 0.98, flags=(Flag.NOISY,)), _row("z", 3.0, 2.9)],
        Expected(Verdict.UNDECIDED, ("x",), undecided=("y",)),
    ),
    "most are noisy, and one is slower beyond doubt": (
        [_row("x", 1.0, 1.0, flags=(Flag.NOISY,)), _row("y", 1.5, 1.4, flags=(Flag.NOISY,))],
        Expected(Verdict.CLEAR, ("x",)),
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


def _unsettled(ranking: Ranking[Any]) -> dict[str, tuple[str, ...]]:
    tied = ranking.tied if ranking.verdict is Verdict.TIE else ()
    open_ = ranking.standing(Standing.UNDECIDED, Standing.TIED)
    found = {
        "few": ranking.standing(Standing.FEW),
        "noisy": ranking.standing(Standing.NOISY),
        "undecided": tuple(entry for entry in open_ if entry not in tied),
    }
    return {reason: tuple(entry.implementation for entry in entries) for reason, entries in found.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_rule(name: str) -> None:
    rows, expected = CASES[name]
    ranking = rank(rows)
    assert (ranking.verdict, ranking.leaders) == (expected.verdict, expected.leaders)
    assert _unsettled(ranking) == {"few": expected.few, "noisy": expected.noisy, "undecided": expected.undecided}
    assert ranking.decided == (() if expected.verdict is Verdict.UNDECIDED else expected.leaders)


@pytest.mark.parametrize("name", CASES)
def test_the_fastest_comes_first_and_ratios_never_fall(name: str) -> None:
    """The row marked 1.00× is the first, and the runner-up has the least ratio of the others."""
    ranking = rank(CASES[name][0])
    for rows in (ranking.timed, ranking.order):
        ratios = [ratio for row in rows if (ratio := ranking.over_fastest(row)) is not None]
        assert ratios == sorted(ratios)
        assert ratios[:1] in ([1.0], [])
    best = ranking.order[0]
    sure = [row for row in ranking.order if row.interval_s is not None and row.interval_s[1] <= 2 * row.interval_s[0]]
    near = [time_s for row in sure if (time_s := row.time_s or 0.0) <= 2 * (ranking.least.time_s or 0.0)]
    assert not near or best.time_s == min(near)


def test_an_entry_without_a_ratio_stands_by_its_time() -> None:
    rows = [BEST, _row("y", 3.0, 2.9), _row("z", 2.0, **WILD)]
    assert [row.implementation for row in rank(rows).timed] == ["x", "z", "y"]


@pytest.mark.parametrize("name", CASES)
def test_the_table_of_measure_and_the_report_decide_alike(name: str) -> None:
    rows, expected = CASES[name]
    (ranking,) = report.rank(read(make_run(rows).measurements))
    assert (ranking.verdict, ranking.leaders) == (expected.verdict, expected.leaders)
    assert _unsettled(ranking) == {"few": expected.few, "noisy": expected.noisy, "undecided": expected.undecided}
    first = label(next(row for row in rows if row.implementation == expected.leaders[0]))
    said = {
        Verdict.TIE: f"{first} is tied with {', '.join(expected.leaders[1:])} (",
        Verdict.UNDECIDED: f"{first} took the least time, but"
        if expected.leaders[0] == min(rows, key=lambda row: (row.time_s or 0.0, row is AUTO)).implementation
        else f"{first} has the least time of those with an interval, but",
        Verdict.ALONE: f"Only {first} was timed.",
    }.get(expected.verdict, f"{fastest_words(ranking, first)} (")
    text = verdict.of(rows)
    no_fastest = {
        "all are too noisy": "No time has an interval, so there is no fastest.",
        "an interval far behind the least time": "x took the least time, but has no usable interval, so there is no",
    }
    if name in no_fastest:
        said = no_fastest[name]
    else:
        assert ("Too few samples for an interval: " in text) is bool(expected.few)
        assert ("Too noisy for an interval: " in text) is bool(expected.noisy)
        assert ("Undecided: " in text) is bool(expected.undecided)
    assert said in text
    assert text.startswith("The machine was busy: " if mostly_noisy(rows) else said)


def test_nothing_timed_has_no_winner() -> None:
    ranking = rank([Row(implementation="x"), Row(implementation="y")])
    assert (ranking.verdict, ranking.leading, ranking.ratio) == (Verdict.NONE, (), None)
    assert (ranking.decided, ranking.rivals) == ((), ())
    assert fastest([Row(implementation="x")]) is None


def test_the_ratio_is_paired_or_else_a_quotient() -> None:
    paired, quotient = _row("y", 1.1, 1.05), _row("y", 2.5)
    assert rank([BEST, paired]).ratio == 1.1
    assert rank([_row("x", 2.0), quotient]).ratio == 1.25
    assert rank([Row(implementation="x", time_s=0.0), quotient]).ratio == float("inf")


@pytest.mark.parametrize(
    ("paired", "time_s", "ratio"),
    [
        # A tie goes by the times shown where its pairs say "faster by a hair".
        (0.998, 1.004, 1.004),
        (0.998, 1.0, 1.0),
        # Pairs that contradict the times by more than a tie: no ratio.
        (0.9, 1.004, None),
        (0.95, 1.3, None),
    ],
)
def test_no_ratio_is_below_1(paired: float, time_s: float, ratio: float | None) -> None:
    other = _row("y", time_s, 0.85, over_best=paired, over_best_high=1.05)
    assert rank([BEST, other]).ratio == ratio


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
