"""Collects the front of energy and time of a case: its implementations under all settings of clock and power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bench.energy.flags import EnergyFlag
from bench.report.findings.joule_ranking import is_ranked
from bench.report.findings.joules import JoulesPerCall, MeasuredJoules, MeterSource, RowEnergy
from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Group, Result, Time
from bench.rows.front import FrontPlace, TimeAndJoules, places
from bench.rows.standing import usable
from bench.rows.trust import contenders
from bench.tuning.value import Tuning


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """One implementation under one setting: its time and measured joules, its place, and what beats it in both."""

    result: Result
    time: Time
    joules: JoulesPerCall
    place: FrontPlace
    beaten_by: Result | None

    @property
    def tuning(self) -> Tuning:
        return self.result.group.tuning

    @property
    def label(self) -> str:
        """The implementation with its settings."""
        return label(self.result)


@dataclass(frozen=True, slots=True)
class EnergyFront:
    """The points of one case by one meter, fastest first; all net joules, or all gross if one lacks a net value.

    `group` has no settings. `lost` is the number of points whose joules are lost in noise, which are left out.
    """

    group: Group
    descriptor: str
    source: MeterSource
    is_net: bool
    points: tuple[FrontPoint, ...]
    lost: int

    @property
    def quantity(self) -> str:
        return "net" if self.is_net else "gross"

    @property
    def front(self) -> tuple[FrontPoint, ...]:
        """The points that no other one beats."""
        return tuple(point for point in self.points if point.place is FrontPlace.ON)


def label(result: Result) -> str:
    """An implementation with its settings, as in torch at GPU clock 1200 MHz."""
    settings = result.group.tuning.label
    return f"{result.implementation} at {settings}" if settings else result.implementation


def front_of(
    rankings: Iterable[Ranking], descriptor: str, group: Group, energy_of: Callable[[Result], RowEnergy]
) -> EnergyFront | None:
    """The front of a case under all its settings; None with fewer than two points by one meter."""
    same = [r for r in rankings if r.order and replace(r.group, tuning=Tuning()) == group]
    results = [r for ranking in same if ranking.order[0].descriptor == descriptor for r in contenders(ranking.timed)]
    figures = [(result, figure) for result in results for figure in energy_of(result).measured if is_ranked(figure)]
    if not figures:
        return None
    # most_common keeps the order of appearance among equals: the meter's first scope.
    ((source, _),) = Counter(figure.source for _, figure in figures).most_common(1)
    seen = [(result, figure) for result, figure in figures if figure.source == source]
    own = [(result, figure) for result, figure in seen if EnergyFlag.LOST_IN_NOISE not in figure.flags]
    is_net = all(figure.net is not None for _, figure in own)
    points = _points([(r, joules) for r, figure in own if (joules := _positive(figure, is_net=is_net)) is not None])
    return EnergyFront(group, descriptor, source, is_net, points, len(seen) - len(points)) if len(points) > 1 else None


def _positive(figure: MeasuredJoules, *, is_net: bool) -> JoulesPerCall | None:
    joules = figure.net if is_net else figure.gross
    return joules if joules is not None and joules.value_j > 0 else None


def _points(known: list[tuple[Result, JoulesPerCall]]) -> tuple[FrontPoint, ...]:
    timed = [(result, result.time, joules) for result, joules in known if result.time is not None]
    ordered = sorted(timed, key=lambda one: (one[1].value_s, one[2].value_j))
    costs = [
        TimeAndJoules(time.value_s, joules.value_j, usable(time.low_s, time.high_s), joules.interval_j)
        for _, time, joules in ordered
    ]
    return tuple(
        FrontPoint(result, time, joules, place, None if by is None else ordered[by][0])
        for (result, time, joules), (place, by) in zip(ordered, places(costs), strict=True)
    )
