"""Joules are ranked as times are: the same numbers give the same order, winners, ties and undecided cases."""

from __future__ import annotations

import pytest

from bench.report.findings.joule_ranking import JouleRanking, rank_joules
from bench.report.findings.joules import read as read_joules
from bench.report.findings.ranking import Ranking, Verdict, rank
from bench.report.findings.results import read
from bench.store.energy_schema import Energy
from bench.store.schema import Row
from tests.bench.report.synthetic_run import bracketed, executed, make_run, measured, modelled, ok

# Values with half their 95 % interval.
Values = dict[str, tuple[float, float | None]]


def ranked(rows: list[Row], lines: list[Energy]) -> tuple[Ranking, JouleRanking | None]:
    run = make_run(rows, energy=lines)
    (times,) = rank(read(run.measurements))
    energies = read_joules(run.energy)
    return times, rank_joules(times, lambda r: energies[r.group.device, r.case_key, r.implementation])


@pytest.mark.parametrize(
    ("values", "verdict", "leaders"),
    [
        ({"x": (1.0, 0.1), "y": (2.0, 0.1)}, Verdict.CLEAR, ("x",)),
        # The runner-up is tied, and the third too: all of them lead.
        ({"x": (1.0, 0.1), "y": (1.05, 0.1), "z": (1.09, 0.1)}, Verdict.TIE, ("x", "y", "z")),
        # Clear of the runner-up is not clear of all.
        ({"x": (1.0, 0.01), "y": (1.04, 0.01), "z": (1.05, 0.06)}, Verdict.TIE, ("x", "z")),
        # An overlap of wide intervals is no tie.
        ({"x": (1.0, 0.1), "y": (1.5, 0.45)}, Verdict.UNDECIDED, ("x",)),
        # Too wide to be used, although it has the least.
        ({"x": (1.0, 0.02), "y": (0.9, 0.6)}, Verdict.UNDECIDED, ("x",)),
        ({"x": (1.0, 0.02), "y": (1.9, None)}, Verdict.UNDECIDED, ("x",)),
        ({"x": (1.0, 0.02), "y": (2.1, None)}, Verdict.CLEAR, ("x",)),
        ({"x": (1.0, 0.02)}, Verdict.ALONE, ("x",)),
    ],
)
def test_joules_have_the_verdict_of_the_same_times(values: Values, verdict: Verdict, leaders: tuple[str, ...]) -> None:
    rows = [ok("a", name, value, half) for name, (value, half) in values.items()]
    times, joules = ranked(rows, [measured(row, *values[row.implementation]) for row in rows])
    assert joules is not None
    assert (joules.verdict, joules.leaders) == (verdict, leaders)
    assert (times.verdict, times.leaders) == (verdict, leaders)
    assert [e.implementation for e in joules.order] == [r.implementation for r in times.order]


def test_joules_below_zero_never_win() -> None:
    """Net joules of a very short call may be noise around zero."""
    rows = [ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1)]
    _, joules = ranked(rows, [measured(rows[0], 1.0, 0.1), measured(rows[1], -1e-3, 2e-3, flags=("lost-in-noise",))])
    assert joules is not None
    assert (joules.verdict, joules.leaders, joules.least.implementation) == (Verdict.UNDECIDED, ("x",), "y")


def test_one_that_only_chose_another_does_not_compete() -> None:
    rows = [ok("a", "x", 1.0, 0.1), ok("a", "auto", 1.0, 0.1, delegate="x"), ok("a", "y", 2.0, 0.1)]
    _, joules = ranked(rows, [measured(row, row.time_s or 0.0, 0.1) for row in rows])
    assert joules is not None
    assert (joules.verdict, [e.implementation for e in joules.order]) == (Verdict.CLEAR, ["x", "y"])


def test_modelled_joules_are_never_ranked_with_measured_ones() -> None:
    rows = [ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1)]
    _, joules = ranked(rows, [measured(rows[0], 1.0, 0.1), modelled(rows[1], 1e-6)])
    assert joules is not None
    assert (joules.verdict, joules.leaders) == (Verdict.ALONE, ("x",))
    assert ranked(rows, [modelled(row, 1.0) for row in rows])[1] is None
    assert ranked(rows, [executed(row, 1.0, 0.1) for row in rows])[1] is None


def test_bracketed_joules_are_never_ranked() -> None:
    rows = [ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1)]
    _, joules = ranked(rows, [measured(rows[0], 1.0, 0.1), bracketed(rows[1])])
    assert joules is not None
    assert (joules.verdict, joules.leaders) == (Verdict.ALONE, ("x",))
    assert ranked(rows, [bracketed(row) for row in rows])[1] is None


def test_the_fastest_has_no_ratio_where_its_joules_are_lost_in_noise() -> None:
    rows = [ok("a", "x", 1.0, 0.01), ok("a", "y", 2.0, 0.01), ok("a", "z", 3.0, 0.01)]
    _, joules = ranked(rows, [measured(rows[0], 9.0, 6.0), measured(rows[1], 1.0, 0.1), measured(rows[2], 2.0, 0.1)])
    assert joules is not None
    assert (joules.verdict, joules.over_fewest) == (Verdict.CLEAR, None)
