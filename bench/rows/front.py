"""The front of energy and time: the measurements that no other one beats in time and in joules (V. Pareto).

A setting of clock or power buys joules with time, or time with joules: none of those on the front is better than
another. Only measured joules are on it: modelled and bracketed ones say no more than the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.estimates.intervals import Interval


class FrontPlace(StrEnum):
    """Where a measurement is. OPEN is behind another one by its values, and not by its intervals."""

    ON = "on the front"
    OPEN = "undecided"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class TimeAndJoules:
    """The time of a call in seconds and its joules, each with its 95 % interval, None without one."""

    time_s: float
    energy_j: float
    interval_s: Interval | None = None
    interval_j: Interval | None = None


def places(points: Sequence[TimeAndJoules]) -> list[tuple[FrontPlace, int | None]]:
    """The place of each measurement, and the number of one that beats it in both; None for those on the front."""
    return [_place(point, points) for point in points]


def _place(point: TimeAndJoules, points: Sequence[TimeAndJoules]) -> tuple[FrontPlace, int | None]:
    better = [number for number, other in enumerate(points) if _beats(other, point)]
    if not better:
        return FrontPlace.ON, None
    surely = [number for number in better if _surely_beats(points[number], point)]
    by = min(surely or better, key=lambda number: (points[number].energy_j, points[number].time_s))
    return (FrontPlace.BEHIND if surely else FrontPlace.OPEN), by


def _beats(one: TimeAndJoules, other: TimeAndJoules) -> bool:
    """Whether one is no worse in both, and better in one of them."""
    is_no_worse = one.time_s <= other.time_s and one.energy_j <= other.energy_j
    return is_no_worse and (one.time_s, one.energy_j) != (other.time_s, other.energy_j)


def _surely_beats(one: TimeAndJoules, other: TimeAndJoules) -> bool:
    """Whether the intervals say so too, in both."""
    ends = (one.interval_s, other.interval_s), (one.interval_j, other.interval_j)
    return all(below is not None and above is not None and below[1] < above[0] for below, above in ends)
