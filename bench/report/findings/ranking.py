"""The fastest implementations of each case, and how often each implementation is fastest or tied."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.findings.cases import Axis, values_on
from bench.report.findings.results import Group, Result, by_case, implementations
from bench.rows.ranking import Ranking as RankingOfCase
from bench.rows.ranking import Verdict
from bench.rows.ranking import rank as rank_case

__all__ = ["Ranking", "Tally", "Verdict", "central", "rank", "tally"]


@dataclass(frozen=True, slots=True)
class Ranking(RankingOfCase[Result]):
    """The ranking of one case, with all its results, untimed ones too, and its group."""

    group: Group
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often an implementation is fastest over the cases of one group.

    `undecided` counts cases that noise or missing intervals leave open, and those with no other implementation;
    `typical_ratio` is the median of its time over that of the fastest, where there is a ratio.
    """

    implementation: str
    clear: int
    tied: int
    undecided: int
    timed: int
    cases: int
    typical_ratio: float | None


def rank(results: Iterable[Result]) -> tuple[Ranking, ...]:
    """One ranking per case, in order of appearance; a case never spans two groups."""
    return tuple(_ranking(group, members) for (group, _), members in by_case(results).items())


def _ranking(group: Group, members: tuple[Result, ...]) -> Ranking:
    found = rank_case(members)
    return Ranking(found.timed, found.order, group, members)


def central(rankings: Iterable[Ranking], axes: Sequence[Axis]) -> Ranking | None:
    """The ranking of the baseline, else that of the case with the most FLOPs; None if nothing was timed."""
    ranked = [ranking for ranking in rankings if ranking.order]
    for ranking in ranked:
        if axes and all(axis.baseline in values_on(axis, ranking.order[0], axes) for axis in axes):
            return ranking
    return max(ranked, key=lambda ranking: ranking.order[0].direct_flops, default=None)


def tally(rankings: Sequence[Ranking]) -> tuple[Tally, ...]:
    """The counts of every implementation that ever competes, most first places first."""
    chose = implementations(result for ranking in rankings for result in ranking.choosers)
    competed = implementations(result for ranking in rankings for result in ranking.order)
    listed = implementations(result for ranking in rankings for result in ranking.results)
    names = [name for name in listed if name in competed or name not in chose]
    found = [_tally_of(name, rankings) for name in names]
    return tuple(sorted(found, key=_best_first))


def _best_first(tally: Tally) -> tuple[float, ...]:
    typical = math.inf if tally.typical_ratio is None else tally.typical_ratio
    return -tally.clear, -tally.tied, -tally.undecided, typical


def _tally_of(name: str, rankings: Sequence[Ranking]) -> Tally:
    led = [ranking.verdict for ranking in rankings if name in ranking.leaders]
    own = [(ranking, r) for ranking in rankings for r in ranking.timed if r.implementation == name]
    ratios = [ratio for ranking, result in own if (ratio := ranking.over_fastest(result)) is not None]
    return Tally(
        name,
        clear=led.count(Verdict.CLEAR),
        tied=led.count(Verdict.TIE),
        undecided=led.count(Verdict.UNDECIDED) + led.count(Verdict.ALONE),
        timed=len(own),
        cases=len(rankings),
        typical_ratio=statistics.median(ratios) if ratios else None,
    )
