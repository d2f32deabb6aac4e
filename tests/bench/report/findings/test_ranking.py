"""The fastest of each case in the report: verdicts, ties, tallies, and one ranking for each group."""

from __future__ import annotations

import pytest

from bench.report.findings.ranking import Ranking, Verdict, rank, tally
from bench.report.findings.results import read
from bench.store.schema import Row
from tests.bench.report.synthetic_run import fault, make_run, ok, whole_sweep

AUTO_X = ok("a", "auto", 0.99, 0.1, delegate="x")


def ranking_of(*rows: Row) -> Ranking:
    (ranking,) = rank(read(make_run(rows).measurements))
    return ranking


@pytest.mark.parametrize(
    ("rows", "verdict", "leaders", "ratio"),
    [
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1)], Verdict.CLEAR, ("x",), 2.0),
        ([ok("a", "y", 1.08, 0.3), ok("a", "x", 1.0, 0.2)], Verdict.TIE, ("x", "y"), 1.08),
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 1.05, 0.1), ok("a", "z", 1.1, 0.1)], Verdict.TIE, ("x", "y", "z"), 1.05),
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 1.05, 0.1), ok("a", "z", 3.0, 0.1)], Verdict.TIE, ("x", "y"), 1.05),
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 1.9)], Verdict.UNDECIDED, ("x",), 1.9),
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0)], Verdict.CLEAR, ("x",), 2.0),
        ([ok("a", "x", 1.0, 0.1)], Verdict.ALONE, ("x",), None),
        ([ok("a", "x", 1.0, 0.1), fault("a", "y", "unsupported", "no")], Verdict.ALONE, ("x",), None),
        ([fault("a", "x", "wrong", "no"), fault("a", "y", "crashed", "no")], Verdict.NONE, (), None),
    ],
)
def test_the_verdict_names_leaders_and_the_ratio_of_the_runner_up(
    rows: list[Row], verdict: Verdict, leaders: tuple[str, ...], ratio: float | None
) -> None:
    ranking = ranking_of(*rows)
    assert ranking.verdict is verdict
    assert ranking.leaders == leaders
    assert ranking.ratio == (ratio if ratio is None else pytest.approx(ratio))


def test_a_wrong_result_is_never_ranked_however_fast() -> None:
    ranking = ranking_of(ok("a", "x", 1.0, 0.1), fault("a", "y", "wrong", "off by 3"))
    assert [result.implementation for result in ranking.order] == ["x"]


def test_devices_precisions_and_layouts_never_share_a_ranking() -> None:
    rows = [
        ok("same", "torch", 1.0, 0.1),
        ok("same", "torch", 0.1, 0.01, device="cuda"),
        ok("same", "torch", 0.5, 0.01, precision="bf16"),
        ok("same", "torch", 0.6, 0.01, layout="nhwc"),
    ]
    rankings = rank(read(make_run(rows).measurements))
    assert len(rankings) == 4
    for ranking in (*rankings, *rank(read(whole_sweep().measurements))):
        assert {result.group for result in ranking.results} == {ranking.group}


@pytest.mark.parametrize(
    ("rows", "verdict", "leaders", "choosers"),
    [
        # It would tie with its own choice, and there is a clear winner.
        ([ok("a", "x", 1.0, 0.1), AUTO_X, ok("a", "y", 2.0, 0.1)], Verdict.CLEAR, ("x",), ("auto",)),
        # Its choice is not the fastest: one clear winner, and auto is no runner-up.
        ([ok("a", "x", 2.0, 0.1), AUTO_X, ok("a", "y", 0.5, 0.1)], Verdict.CLEAR, ("y",), ("auto",)),
        ([ok("a", "x", 1.0, 0.1), AUTO_X], Verdict.ALONE, ("x",), ("auto",)),
        # Its choice was not measured, or has no time: it competes in its place.
        ([AUTO_X, ok("a", "y", 2.0, 0.1)], Verdict.CLEAR, ("auto",), ()),
        ([AUTO_X, fault("a", "x", "crashed", "signal 11"), ok("a", "y", 2.0, 0.1)], Verdict.CLEAR, ("auto",), ()),
    ],
)
def test_a_chooser_competes_only_if_its_choice_was_not_measured(
    rows: list[Row], verdict: Verdict, leaders: tuple[str, ...], choosers: tuple[str, ...]
) -> None:
    ranking = ranking_of(*rows)
    assert (ranking.verdict, ranking.leaders) == (verdict, leaders)
    assert tuple(result.implementation for result in ranking.choosers) == choosers
    assert {result.implementation for result in (*ranking.order, *ranking.choosers)} == {
        row.implementation for row in rows if row.status == "ok"
    }


def test_tallies_count_wins_ties_and_coverage() -> None:
    rows = [
        ok("a", "x", 1.0, 0.1), ok("a", "y", 2.0, 0.1),
        ok("b", "x", 1.0, 0.1), ok("b", "y", 1.1, 0.1),
        ok("c", "y", 1.0, 0.1), fault("c", "x", "unsupported", "no"),
    ]  # fmt: skip
    first, second = tally(rank(read(make_run(rows).measurements)))
    assert (first.implementation, first.clear, first.tied, first.undecided, first.timed, first.cases) == (
        "x", 1, 1, 0, 2, 3,
    )  # fmt: skip
    assert (second.implementation, second.clear, second.tied, second.undecided, second.timed) == ("y", 0, 1, 1, 3)
    assert second.typical_ratio == pytest.approx(1.1)


@pytest.mark.parametrize(("low", "verdict"), [(0.99, Verdict.TIE), (1.0, Verdict.TIE), (1.001, Verdict.CLEAR)])
def test_the_paired_ratio_decides_if_there_is_one(low: float, verdict: Verdict) -> None:
    """The intervals of both times overlap; the paired ratio is narrower."""
    first = ok("a", "x", 1.0, 0.2, over_best=1.0, over_best_low=1.0, over_best_high=1.0)
    ranking = ranking_of(first, ok("a", "y", 1.1, 0.2, over_best=1.03, over_best_low=low, over_best_high=1.06))
    assert (ranking.verdict, ranking.ratio) == (verdict, 1.03)
    assert ranking.leaders == (("x", "y") if verdict is Verdict.TIE else ("x",))
