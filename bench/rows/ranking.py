"""The ranking of the implementations of one case: the fastest, those tied with it, and those too uncertain to rank.

One rule for the table of `measure`, for the report and for the choice of a winner anywhere else. Its intervals hold all
at once (`bench.estimates.against_best`): with 95 % confidence, none that is as fast as the best is called slower. It
speaks of intervals only up to a stated width (`WIDEST`), and of ties only up to a difference (`TIE_WITHIN`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Generic, TypeVar

from bench.rows.standing import (
    WIDEST,
    Standing,
    Timed,
    doubt,
    mostly_noisy,
    over,
    quotient,
    seconds_of,
    standing_of,
)
from bench.rows.trust import contenders, is_trusted

T = TypeVar("T", bound=Timed)


class Verdict(Enum):
    """A statement about the fastest of a case."""

    CLEAR = "clear"
    TIE = "tie"
    UNDECIDED = "undecided"
    ALONE = "only one"
    NONE = "none"


# Without slots, so that a verdict is found once: a page asks for it a hundred times.
@dataclass(frozen=True)
class Ranking(Generic[T]):
    """The timed implementations of one case, and in `order` those of them that compete.

    The fastest is the one with the least time among those with a usable interval. The others follow by their ratio to
    it; in `order` those without a ratio come last, in `timed` they stand by their times.
    """

    timed: tuple[T, ...]
    order: tuple[T, ...]

    @cached_property
    def choosers(self) -> tuple[T, ...]:
        """The timed ones that only ran another's code, and do not compete with it."""
        competing = set(map(id, self.order))
        return tuple(entry for entry in self.timed if id(entry) not in competing and is_trusted(entry))

    @cached_property
    def tied(self) -> tuple[T, ...]:
        """The competitors tied with the fastest, without itself; none where most of the case is noisy."""
        return () if mostly_noisy(self.timed) else self.standing(Standing.TIED)

    @property
    def leading(self) -> tuple[T, ...]:
        """The fastest and those tied with it."""
        return (*self.order[:1], *self.tied)

    @property
    def leaders(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(entry.implementation for entry in self.leading)

    @property
    def decided(self) -> tuple[str, ...]:
        """The names of the fastest, if the verdict names any."""
        return () if self.verdict is Verdict.UNDECIDED else self.leaders

    @property
    def rivals(self) -> tuple[T, ...]:
        """The competitors that may be faster than the fastest: noise or missing intervals leave it open."""
        return tuple(entry for entry in self.order[1:] if self._may_be_fastest(entry))

    @property
    def took_least(self) -> bool:
        """Whether the fastest also took the least time of all, usable interval or not, computed by itself or not."""
        return self.least is self.order[0]

    @property
    def least(self) -> T:
        """The one that took the least time, whatever the noise; among equal ones a competitor."""
        return min((*self.order, *self.choosers), key=seconds_of)

    @cached_property
    def verdict(self) -> Verdict:
        """Whether there is a clear winner.

        A tie with anyone is a tie, unless one without an interval took less time. Otherwise everyone must be slower, or
        so far behind without an interval that no usable one would close the gap. Without any
        interval of a time, only the pairs can make a winner clear.
        """
        if not self.order:
            return Verdict.NONE
        if len(self.order) == 1:
            return Verdict.ALONE
        ahead = min(self.order, key=seconds_of)
        if self.tied and (ahead in self.leading or doubt(ahead) is None):
            return Verdict.TIE
        return Verdict.UNDECIDED if self.rivals else Verdict.CLEAR

    @property
    def ratio(self) -> float | None:
        """The runner-up's time over that of the fastest; None without a runner-up or without a ratio."""
        return self.over_fastest(self.order[1]) if len(self.order) > 1 else None

    def standing(self, *standings: Standing) -> tuple[T, ...]:
        """The competitors with one of these standings against the fastest, without itself."""
        return tuple(entry for entry in self.order[1:] if self.of(entry) in standings)

    def of(self, entry: T) -> Standing:
        """The standing of a timed entry against the fastest."""
        return standing_of(entry, self.order[0], len(self.order))

    def over_fastest(self, entry: T) -> float | None:
        """The time of a timed entry over that of the fastest, never below 1; None where noise leaves no ratio."""
        found = self._over_fastest.get(id(entry))
        return over(entry, self.order[0]) if found is None else found[0]

    @cached_property
    def _over_fastest(self) -> dict[int, tuple[float | None]]:
        """The ratios by the identity of each timed entry."""
        return {id(entry): (over(entry, self.order[0]),) for entry in self.timed}

    def _may_be_fastest(self, entry: T) -> bool:
        standing = self.of(entry)
        if standing in (Standing.NOISY, Standing.FEW):
            # The fastest lacks an interval only if all do: then even a distant runner-up may be the fastest.
            is_open = doubt(self.order[0]) is not None and entry is min(self.order[1:], key=seconds_of)
            return is_open or seconds_of(entry) < WIDEST * seconds_of(self.order[0])
        return standing is not Standing.SLOWER


def rank(entries: Iterable[T]) -> Ranking[T]:
    """The ranking of the entries of one case that have a time; among equal ones the first comes first."""
    timed = [entry for entry in entries if entry.time_s is not None]
    best = fastest(timed)
    if best is None:
        # No entry has a time, or none may win.
        return Ranking(tuple(sorted(timed, key=seconds_of)), ())

    ratios = {id(entry): over(entry, best) for entry in timed}

    def place(entry: T) -> tuple[bool, float, float]:
        ratio = ratios[id(entry)]
        # Without a ratio to show, the times say where an entry stands.
        return entry is not best, quotient(entry, best) if ratio is None else ratio, seconds_of(entry)

    def rank_of(entry: T) -> tuple[bool, bool, float, float]:
        # The runner-up is one with a ratio.
        first, ratio, time_s = place(entry)
        return first, ratios[id(entry)] is None, ratio, time_s

    return Ranking(tuple(sorted(timed, key=place)), tuple(sorted(contenders(timed), key=rank_of)))


def fastest(entries: Iterable[T]) -> T | None:
    """The competitor with the least time among those with a usable interval, else among all; None without a time.

    One that took more than `WIDEST` times the least time of all is not the fastest, interval or not: no usable interval
    of the other could reach so far.
    """
    runners = contenders(entry for entry in entries if entry.time_s is not None)
    least_s = min((s for s in map(seconds_of, runners) if s > 0), default=math.inf)
    near = [entry for entry in runners if doubt(entry) is None and seconds_of(entry) <= WIDEST * least_s]
    if near:
        return min(near, key=seconds_of)
    return min(runners, key=lambda entry: (seconds_of(entry) < 0, seconds_of(entry)), default=None)
