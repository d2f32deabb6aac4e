"""Finds the lowest and the highest effective rate of each implementation: FLOPs alone do not predict time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Group, Result, groups, implementations
from bench.rows.standing import Standing, doubt


@dataclass(frozen=True, slots=True)
class Spread:
    """The range of effective rates of one implementation over the cases of one group, in GFLOP/s."""

    group: Group
    implementation: str
    cases: int
    lowest: Result
    highest: Result

    @property
    def factor(self) -> float:
        return _rate(self.highest) / _rate(self.lowest)


def spreads(results: Sequence[Result]) -> tuple[Spread, ...]:
    """The range of rates by group and implementation, widest first within a group; without times that are too noisy."""
    rated = _rated(results)
    found = [
        _spread(group, name, members)
        for group in groups(rated)
        for name in implementations(rated)
        if (members := [r for r in rated if r.group == group and r.implementation == name])
    ]
    place = {group: i for i, group in enumerate(groups(rated))}
    return tuple(sorted(found, key=lambda spread: (place[spread.group], -spread.factor)))


def best_spreads(rankings: Sequence[Ranking]) -> tuple[Spread, ...]:
    """The range of rates by group if the fastest implementation computes every case."""
    winners = [ranking.order[0] for ranking in rankings if ranking.order]
    rated = _rated(winners)
    return tuple(_spread(group, "fastest per case", [r for r in rated if r.group == group]) for group in groups(rated))


def _rated(results: Iterable[Result]) -> list[Result]:
    return [r for r in results if r.rate_gflops is not None and doubt(r) is not Standing.NOISY]


def _spread(group: Group, name: str, members: Sequence[Result]) -> Spread:
    return Spread(group, name, len(members), min(members, key=_rate), max(members, key=_rate))


def _rate(result: Result) -> float:
    assert result.rate_gflops is not None, "only results with a rate have a spread"
    return result.rate_gflops
