"""Ranks the implementations of a case by measured joules, by the same rule as times (bench.rows.ranking)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.energy.flags import EnergyFlag
from bench.report.findings.joules import JoulesPerCall, MeasuredJoules, MeterSource, RowEnergy
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.results import Result
from bench.rows import ranking
from bench.rows.standing import Interval
from bench.rows.trust import contenders
from bench.store.status import Flag

# Never ranked: memory is a part of the cost that a package does not see, and the platform (psys) includes both.
_NEVER_RANKED = ("dram", "psys")
_LOST = EnergyFlag.LOST_IN_NOISE


@dataclass(frozen=True, slots=True)
class JouleEntry:
    """A timed row and its measured joules in one scope.

    It has the fields of bench.rows.standing.Timed, with joules in the place of seconds. Intervals leave out the meter's
    scale, which all share. There are no ratios within blocks: windows of different implementations form none.
    """

    result: Result
    figure: MeasuredJoules
    joules: JoulesPerCall

    @property
    def implementation(self) -> str:
        return self.result.implementation

    @property
    def delegate(self) -> str | None:
        return self.result.delegate

    @property
    def time_s(self) -> float | None:
        """Joules."""
        return self.joules.value_j

    @property
    def interval_s(self) -> Interval | None:
        """Joules, from the lower to the upper end."""
        return self.joules.interval_j

    @property
    def over_best(self) -> float | None:
        return None

    @property
    def over_best_low(self) -> float | None:
        return None

    @property
    def over_best_high(self) -> float | None:
        return None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Joules that are lost in noise are as a time whose interval is too wide."""
        return (Flag.WIDE_INTERVAL,) if _LOST in self.figure.flags else ()


@dataclass(frozen=True, slots=True)
class JouleRanking:
    """The measured joules of one case by one source: all net, or all gross if one lacks a net value.

    `by_joules` is the ranking; its words for times mean joules. Modelled joules are never in it.
    """

    times: Ranking
    source: MeterSource
    is_net: bool
    by_joules: ranking.Ranking[JouleEntry]

    @property
    def quantity(self) -> str:
        return "net" if self.is_net else "gross"

    @property
    def order(self) -> tuple[JouleEntry, ...]:
        """The fewest joules with a usable interval first; entries that have no ratio to it come last."""
        return self.by_joules.order

    @property
    def verdict(self) -> Verdict:
        return self.by_joules.verdict

    @property
    def leaders(self) -> tuple[str, ...]:
        """The first and those tied with it."""
        return self.by_joules.leaders

    @property
    def least(self) -> JouleEntry:
        """The fewest joules, whatever their interval."""
        return self.by_joules.least

    @property
    def over_fewest(self) -> float | None:
        """The joules of the fastest over the fewest joules; None if not measured, or too noisy for a ratio."""
        fastest = self.times.order[0]
        entry = next((entry for entry in self.order if entry.result is fastest), None)
        return None if entry is None else self.by_joules.over_fastest(entry)


def is_ranked(figure: MeasuredJoules) -> bool:
    """Whether the scope of a figure is one that is ranked and converted to grams and money."""
    return not figure.source.scope.startswith(_NEVER_RANKED)


def rank_joules(times: Ranking, energy_of: Callable[[Result], RowEnergy]) -> JouleRanking | None:
    """The ranking of a case by joules; None if neither a package nor a board was measured.

    Ranks the first scope that most of the implementations have from one source.
    """
    figures = [(result, figure) for result in times.timed for figure in energy_of(result).measured if is_ranked(figure)]
    if not figures:
        return None
    # most_common keeps the order of appearance among equals: the meter's first scope.
    ((source, _),) = Counter(figure.source for _, figure in figures).most_common(1)
    seen = [(result, figure) for result, figure in figures if figure.source == source]
    competitors = contenders(result for result, _ in seen)
    own = [(result, figure) for result, figure in seen if result in competitors]
    is_net = all(figure.net is not None for _, figure in own)
    entries = [
        JouleEntry(result, figure, joules)
        for result, figure in own
        if (joules := figure.net if is_net else figure.gross) is not None
    ]
    return JouleRanking(times, source, is_net, ranking.rank(entries)) if entries else None


def by_modelled_joules(times: Ranking, energy_of: Callable[[Result], RowEnergy]) -> tuple[Result, ...]:
    """The timed results of a case, fewest modelled joules first, those without any last: an order, not a ranking."""

    def joules(result: Result) -> float:
        figure = energy_of(result).modelled
        return math.inf if figure is None else figure.value_j

    return tuple(sorted(times.timed, key=joules))


def unranked(times: Ranking, energy_of: Callable[[Result], RowEnergy], ranked: JouleRanking | None) -> list[JouleEntry]:
    """The measured joules of a case that are not in the ranking, scope by scope, fewest joules first."""
    in_ranking = {id(entry.figure) for entry in ranked.order} if ranked else set()
    entries = [
        JouleEntry(result, figure, joules)
        for result in times.timed
        for figure in energy_of(result).measured
        if id(figure) not in in_ranking and (joules := figure.net or figure.gross) is not None
    ]
    return sorted(entries, key=lambda entry: (entry.figure.source.label, entry.joules.value_j))
