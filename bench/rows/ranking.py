"""The ranking of the implementations of one case: the fastest, those tied with it, and those without an interval.

One rule for the table of `measure`, for the report and for the choice of a winner anywhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from bench.rows.delegation import Entry, competing


class Timed(Entry, Protocol):
    """The result of one implementation on a case: its time, its 95 % interval, and its ratio to the fastest.

    `over_best` is paired within blocks, and `over_best_low` is the lower end of its 95 % interval; both are None
    without blocks in common, the latter also with too few of them.
    """

    @property
    def time_s(self) -> float | None: ...

    @property
    def interval_s(self) -> tuple[float, float] | None: ...

    @property
    def over_best(self) -> float | None: ...

    @property
    def over_best_low(self) -> float | None: ...


T = TypeVar("T", bound=Timed)


class Verdict(Enum):
    """A statement about the fastest of a case."""

    CLEAR = "clear"
    TIE = "tie"
    NO_INTERVAL = "no interval"
    ALONE = "only one"
    NONE = "none"


class Standing(Enum):
    """The standing of an implementation against the fastest."""

    TIED = "tied"
    SLOWER = "slower"
    UNKNOWN = "no interval"


@dataclass(frozen=True, slots=True)
class Ranking(Generic[T]):
    """The timed implementations of one case, fastest first, and in `order` those of them that compete."""

    timed: tuple[T, ...]
    order: tuple[T, ...]

    @property
    def choosers(self) -> tuple[T, ...]:
        """The timed ones that only ran another's code, and do not compete with it."""
        return tuple(entry for entry in self.timed if entry not in self.order)

    @property
    def tied(self) -> tuple[T, ...]:
        """The competitors tied with the fastest, without itself."""
        return self._standing(Standing.TIED)

    @property
    def unknown(self) -> tuple[T, ...]:
        """The competitors that no interval compares with the fastest."""
        return self._standing(Standing.UNKNOWN)

    @property
    def leading(self) -> tuple[T, ...]:
        """The fastest and those tied with it."""
        return (*self.order[:1], *self.tied)

    @property
    def leaders(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(entry.implementation for entry in self.leading)

    @property
    def verdict(self) -> Verdict:
        """Whether there is a clear winner.

        A tie with anyone is a tie. Otherwise the runner-up decides: where no interval compares it with the fastest,
        neither is a winner. A slower one without an interval changes nothing.
        """
        if not self.order:
            return Verdict.NONE
        if len(self.order) == 1:
            return Verdict.ALONE
        if self.tied:
            return Verdict.TIE
        if self._of(self.order[1]) is Standing.UNKNOWN:
            return Verdict.NO_INTERVAL
        return Verdict.CLEAR

    @property
    def ratio(self) -> float | None:
        """The runner-up's time over that of the fastest; None without a runner-up."""
        return self.over_fastest(self.order[1]) if len(self.order) > 1 else None

    def over_fastest(self, entry: T) -> float:
        """The time of a timed entry over that of the fastest: paired within blocks if possible, else the quotient."""
        if entry.over_best is not None:
            return entry.over_best
        best_s = _time_s(self.order[0])
        return _time_s(entry) / best_s if best_s > 0 else math.inf

    def _standing(self, standing: Standing) -> tuple[T, ...]:
        return tuple(entry for entry in self.order[1:] if self._of(entry) is standing)

    def _of(self, entry: T) -> Standing:
        """Against the fastest: by the interval of the paired ratio, else by the intervals of both times."""
        if entry.over_best_low is not None:
            return Standing.TIED if entry.over_best_low <= 1 else Standing.SLOWER
        own, best = entry.interval_s, self.order[0].interval_s
        if own is None or best is None:
            return Standing.UNKNOWN
        return Standing.TIED if own[0] <= best[1] else Standing.SLOWER


def rank(entries: Iterable[T]) -> Ranking[T]:
    """The ranking of the entries of one case that have a time; among equal times the first comes first."""
    timed = tuple(sorted((entry for entry in entries if entry.time_s is not None), key=_time_s))
    return Ranking(timed, tuple(competing(timed)))


def fastest(entries: Iterable[T]) -> T | None:
    """The competitor with the least time; None if nothing was timed."""
    return next(iter(rank(entries).order), None)


def _time_s(entry: Timed) -> float:
    assert entry.time_s is not None, "only timed entries are ranked"
    return entry.time_s
