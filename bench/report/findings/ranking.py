"""Who is fastest on a case, and whether the intervals allow saying so."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bench.report.findings.cases import Axis, values_on
from bench.report.findings.results import Group, Result, Time, by_case, implementations
from bench.rows.delegation import competing


class Verdict(Enum):
    """What may be said about the fastest of a case."""

    CLEAR = "clear"
    TIE = "tie"
    NO_INTERVAL = "no interval"
    ALONE = "only one"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Ranking:
    """One case: its results, the timed ones from fastest to slowest, and those of them that compete."""

    group: Group
    results: tuple[Result, ...]
    timed: tuple[Result, ...]
    order: tuple[Result, ...]

    @property
    def choosers(self) -> tuple[Result, ...]:
        """The timed ones that only ran another's code, and so do not compete with it."""
        return tuple(result for result in self.timed if result not in self.order)

    @property
    def verdict(self) -> Verdict:
        if not self.order:
            return Verdict.NONE
        if len(self.order) == 1:
            return Verdict.ALONE
        if self.order[1].over_best_low is not None:
            return Verdict.TIE if self.order[1].over_best_low <= 1 else Verdict.CLEAR
        first, second = (_time(result).interval_s for result in self.order[:2])
        if first is None or second is None:
            return Verdict.NO_INTERVAL
        return Verdict.TIE if second[0] <= first[1] else Verdict.CLEAR

    @property
    def leaders(self) -> tuple[str, ...]:
        """The fastest; on a tie, all that cannot be told from it."""
        return tuple(result.implementation for result in self.leading)

    @property
    def leading(self) -> tuple[Result, ...]:
        """The same as results."""
        if self.verdict is not Verdict.TIE:
            return self.order[:1]
        return tuple(result for result in self.order if self._is_level(result))

    def _is_level(self, result: Result) -> bool:
        if result is self.order[0]:
            return True
        if result.over_best_low is not None:
            return result.over_best_low <= 1
        # Never in the same block: whether the intervals meet has to do.
        ends, (_, high_s) = _time(result).interval_s, _time(self.order[0]).interval_s or (0.0, 0.0)
        return ends is not None and ends[0] <= high_s

    @property
    def ratio(self) -> float | None:
        """The runner-up's time over that of the fastest, None without one."""
        return self.over_fastest(self.order[1]) if len(self.order) > 1 else None

    def over_fastest(self, result: Result) -> float:
        """The time of a timed result over that of the fastest, paired within blocks where both were in one."""
        if result.over_best is not None:
            return result.over_best
        return _time(result).value_s / _time(self.order[0]).value_s


@dataclass(frozen=True, slots=True)
class Tally:
    """How an implementation did over the cases of one group."""

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
    timed = tuple(sorted((r for r in members if r.time), key=lambda result: _time(result).value_s))
    return Ranking(group, members, timed, tuple(competing(timed)))


def central(rankings: Iterable[Ranking], axes: Sequence[Axis]) -> Ranking | None:
    """The baseline's ranking, else that of the case with most FLOPs; None where nothing was timed."""
    ranked = [ranking for ranking in rankings if ranking.order]
    for ranking in ranked:
        if axes and all(axis.baseline in values_on(axis, ranking.order[0], axes) for axis in axes):
            return ranking
    return max(ranked, key=lambda ranking: ranking.order[0].direct_flops, default=None)


def tally(rankings: Sequence[Ranking]) -> tuple[Tally, ...]:
    """The counts by implementation over these rankings, most first places first; without what never competes."""
    chose = implementations(result for ranking in rankings for result in ranking.choosers)
    competed = implementations(result for ranking in rankings for result in ranking.order)
    listed = implementations(result for ranking in rankings for result in ranking.results)
    names = [name for name in listed if name in competed or name not in chose]
    found = [_tally_of(name, rankings) for name in names]
    return tuple(sorted(found, key=lambda t: (-t.clear, -t.tied, -t.undecided, t.typical_ratio or float("inf"))))


def _tally_of(name: str, rankings: Sequence[Ranking]) -> Tally:
    led = [ranking.verdict for ranking in rankings if name in ranking.leaders]
    ratios = [
        _time(result).value_s / _time(ranking.order[0]).value_s
        for ranking in rankings
        for result in ranking.timed
        if result.implementation == name
    ]
    return Tally(
        name,
        clear=led.count(Verdict.CLEAR),
        tied=led.count(Verdict.TIE),
        undecided=led.count(Verdict.NO_INTERVAL) + led.count(Verdict.ALONE),
        timed=len(ratios),
        cases=len(rankings),
        typical_ratio=statistics.median(ratios) if ratios else None,
    )


def _time(result: Result) -> Time:
    assert result.time is not None, "only timed results are ranked"
    return result.time
