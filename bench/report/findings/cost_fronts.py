"""Collects the front of time and another cost of one case: what no other implementation beats in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result, Time
from bench.rows.front import FrontPlace
from bench.rows.standing import Standing, doubt, usable


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One implementation: its time, its other cost, its place, and one that beats it in both."""

    result: Result
    time: Time
    cost: float
    place: FrontPlace
    beaten_by: Result | None


@dataclass(frozen=True, slots=True)
class CostFront:
    """The points of one case, fastest first."""

    ranking: Ranking
    points: tuple[CostPoint, ...]

    @property
    def front(self) -> tuple[CostPoint, ...]:
        """The points that no other one beats."""
        return tuple(point for point in self.points if point.place is FrontPlace.ON)


def cost_front(ranking: Ranking, cost: Callable[[Result], float | None]) -> CostFront | None:
    """The front of the implementations that compete, are not too noisy and have this cost; None with fewer than two."""
    known = [
        (result, result.time, value)
        for result in ranking.order
        if result.time is not None and doubt(result) is not Standing.NOISY and (value := cost(result)) is not None
    ]
    if len(known) < 2:
        return None
    known.sort(key=lambda one: (one[1].value_s, one[2]))
    points = tuple(CostPoint(*one, *_place(one, known)) for one in known)
    return CostFront(ranking, points)


_Known = tuple[Result, Time, float]


def _place(one: _Known, known: list[_Known]) -> tuple[FrontPlace, Result | None]:
    better = [other for other in known if _beats(other, one)]
    if not better:
        return FrontPlace.ON, None
    surely = [other for other in better if _surely_faster(other[1], one[1])]
    by = min(surely or better, key=lambda other: (other[2], other[1].value_s))
    return (FrontPlace.BEHIND if surely else FrontPlace.OPEN), by[0]


def _beats(other: _Known, one: _Known) -> bool:
    """Whether another is no worse in both, and better in one of them."""
    is_no_worse = other[1].value_s <= one[1].value_s and other[2] <= one[2]
    return is_no_worse and (other[1].value_s, other[2]) != (one[1].value_s, one[2])


def _surely_faster(other: Time, one: Time) -> bool:
    below, above = usable(other.low_s, other.high_s), usable(one.low_s, one.high_s)
    return below is not None and above is not None and below[1] < above[0]
