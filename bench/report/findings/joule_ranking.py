"""Ranks the implementations of a case by measured joules; names a winner only where the intervals allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.energy.flags import EnergyFlag
from bench.estimates.against_best import held_together
from bench.report.findings.joules import JoulesPerCall, MeasuredJoules, MeterSource, RowEnergy
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.results import Result
from bench.rows.delegation import competing
from bench.rows.ranking import WIDEST, Standing, compared, usable

# Never ranked: memory is a part of the cost that a package does not see, and the platform (psys) includes both.
_NEVER_RANKED = ("dram", "psys")
_LOST = EnergyFlag.LOST_IN_NOISE


@dataclass(frozen=True, slots=True)
class JouleEntry:
    """A timed row and its measured joules in one scope."""

    result: Result
    figure: MeasuredJoules
    joules: JoulesPerCall

    @property
    def ends_j(self) -> tuple[float, float] | None:
        """The 95 % interval; None if it is unknown, too wide to be used, or reaches 0."""
        ends = self.joules.interval_j
        return None if ends is None else usable(*ends)

    @property
    def is_lost(self) -> bool:
        """Whether the interval reaches 0 or is too wide to be used, so that no ratio is possible."""
        is_wide = self.joules.interval_j is not None and self.ends_j is None
        return _LOST in self.figure.flags or self.joules.value_j <= 0 or is_wide


@dataclass(frozen=True, slots=True)
class JouleRanking:
    """The measured joules of one case by one source: all net, or all gross if one lacks a net value.

    Fewest first.
    """

    times: Ranking
    source: MeterSource
    is_net: bool
    order: tuple[JouleEntry, ...]

    @property
    def quantity(self) -> str:
        return "net" if self.is_net else "gross"

    @property
    def verdict(self) -> Verdict:
        if len(self.order) == 1:
            return Verdict.ALONE
        if len(self.leaders) > 1:
            return Verdict.TIE
        return Verdict.CLEAR if all(map(self._needs_more, self.order[1:])) else Verdict.UNDECIDED

    @property
    def leaders(self) -> tuple[str, ...]:
        """The first and those tied with it. Intervals leave out the meter's scale, which all share."""
        first = self.order[0]
        tied = [entry for entry in self.order[1:] if self._of(entry) is Standing.TIED]
        return tuple(entry.result.implementation for entry in (first, *tied))

    def _needs_more(self, entry: JouleEntry) -> bool:
        """Whether an entry needs more than the first: by its interval, or without one by a factor of `WIDEST`."""
        standing = self._of(entry)
        if standing is Standing.FEW:
            return entry.joules.value_j >= WIDEST * self.order[0].joules.value_j > 0
        return standing is Standing.SLOWER

    def _of(self, entry: JouleEntry) -> Standing:
        """Against the first, as one of all. Even an interval that reaches 0 may end below another one."""
        first = self.order[0]
        own, least = self._ends_of(entry), self._ends_of(first)
        if own is None or least is None:
            return Standing.FEW
        if own[0] > least[1]:
            return Standing.SLOWER
        if entry.ends_j is None or first.ends_j is None:
            return Standing.UNDECIDED
        return compared(entry.joules.value_j / first.joules.value_j, own[0] / least[1])

    def _ends_of(self, entry: JouleEntry) -> tuple[float, float] | None:
        ends = entry.joules.interval_j
        return None if ends is None else held_together(entry.joules.value_j, ends, len(self.order))

    @property
    def over_fewest(self) -> float | None:
        """The joules of the fastest over the fewest joules; None if one of the two is not measured or lost in noise."""
        fastest = self.times.order[0]
        entry = next((entry for entry in self.order if entry.result is fastest), None)
        first = self.order[0]
        if entry is None or entry.is_lost or first.is_lost:
            return None
        return entry.joules.value_j / first.joules.value_j


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
    competitors = competing(result for result, _ in seen)
    own = [(result, figure) for result, figure in seen if result in competitors]
    is_net = all(figure.net is not None for _, figure in own)
    entries = [
        JouleEntry(result, figure, joules)
        for result, figure in own
        if (joules := figure.net if is_net else figure.gross) is not None
    ]
    order = tuple(sorted(entries, key=lambda entry: entry.joules.value_j))
    return JouleRanking(times, source, is_net, order) if order else None


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
