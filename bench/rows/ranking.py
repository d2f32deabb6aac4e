"""The ranking of the implementations of one case: the fastest, those tied with it, and those too uncertain to rank.

One rule for the table of `measure`, for the report and for the choice of a winner anywhere else. Its intervals hold all
at once (`bench.estimates.against_best`): with 95 % confidence, none that is as fast as the best is called slower. It
speaks of intervals only up to a stated width (`WIDEST`), and of ties only up to a difference (`TIE_WITHIN`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from bench.estimates.against_best import held_together
from bench.rows.delegation import Entry, competing
from bench.store.status import Flag

Interval = tuple[float, float]

# The upper end of a usable interval over its lower end, at most. Two implementations worth comparing differ by less
# than a factor of two, so a wider interval ranks nothing. Its ends are also no longer near a measured time: a few
# processes that disagree stretch it by Student's t, beyond any bound.
WIDEST = 2.0
# A tie is a difference of less than a tenth: twice the ± 5 % above which a time is flagged as wide. Of a larger
# difference that noise may explain nothing is known, and that is no tie.
TIE_WITHIN = 1.1


class Timed(Entry, Protocol):
    """The result of one implementation on a case: its time, its 95 % interval, and its ratio to the fastest.

    `over_best` is paired within blocks, with its ends `over_best_low` and `over_best_high`, which hold for all others
    at once; None without blocks in common, the ends also with too few. `flags` tell noise from too few samples.
    """

    @property
    def time_s(self) -> float | None: ...

    @property
    def interval_s(self) -> Interval | None: ...

    @property
    def over_best(self) -> float | None: ...

    @property
    def over_best_low(self) -> float | None: ...

    @property
    def over_best_high(self) -> float | None: ...

    @property
    def flags(self) -> Sequence[Flag]: ...


T = TypeVar("T", bound=Timed)


class Verdict(Enum):
    """A statement about the fastest of a case."""

    CLEAR = "clear"
    TIE = "tie"
    UNDECIDED = "undecided"
    ALONE = "only one"
    NONE = "none"


class Standing(Enum):
    """The standing of an implementation against the fastest.

    UNDECIDED has intervals, which allow neither a tie nor a difference; FEW has too few samples for an interval.
    """

    TIED = "tied"
    SLOWER = "slower"
    UNDECIDED = "undecided"
    NOISY = "too noisy"
    FEW = "too few samples"


def usable(low: float | None, high: float | None) -> Interval | None:
    """The interval of a positive number, None if an end is missing or if it is wider than a factor of `WIDEST`."""
    if low is None or high is None or not 0 < low <= high <= WIDEST * low:
        return None
    return low, high


def compared(ratio: float, low: float) -> Standing:
    """The standing by a ratio to the least, and the lower end of its usable interval."""
    if ratio < 1 / TIE_WITHIN:
        # The two medians say slower, and the ratio within blocks says faster: something disturbed one of them.
        return Standing.UNDECIDED
    if low > 1:
        return Standing.SLOWER
    return Standing.TIED if ratio <= TIE_WITHIN else Standing.UNDECIDED


def doubt(entry: Timed) -> Standing | None:
    """The reason why an entry has no usable interval: noise or too few samples; None if it has one.

    A few samples, most of them disturbed, are noise.
    """
    ends = entry.interval_s
    if ends is not None and usable(*ends) is not None:
        return None
    is_disturbed = Flag.WIDE_INTERVAL in entry.flags or Flag.NOISY in entry.flags
    return Standing.NOISY if ends is not None or is_disturbed else Standing.FEW


def is_noisy(entry: Timed) -> bool:
    """Whether most samples of an entry show interference, or its interval is too wide to be used."""
    return Flag.NOISY in entry.flags or doubt(entry) is Standing.NOISY


def mostly_noisy(entries: Iterable[Timed]) -> bool:
    """Whether more than half of the timed entries are noisy: then nothing is summed up, and no tie is stated."""
    noisy = [is_noisy(entry) for entry in entries if entry.time_s is not None]
    return 2 * sum(noisy) > len(noisy)


@dataclass(frozen=True, slots=True)
class Ranking(Generic[T]):
    """The timed implementations of one case, and in `order` those of them that compete.

    The fastest is the one with the least time among those with a usable interval. The others follow by their ratio to
    it; those without a ratio come last.
    """

    timed: tuple[T, ...]
    order: tuple[T, ...]

    @property
    def choosers(self) -> tuple[T, ...]:
        """The timed ones that only ran another's code, and do not compete with it."""
        return tuple(entry for entry in self.timed if entry not in self.order)

    @property
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
        return min((*self.order, *self.choosers), key=_time_s)

    @property
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
        ahead = min(self.order, key=_time_s)
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
        return _standing(entry, self.order[0], len(self.order))

    def over_fastest(self, entry: T) -> float | None:
        """The time of a timed entry over that of the fastest, never below 1; None where noise leaves no ratio."""
        return over(entry, self.order[0])

    def _may_be_fastest(self, entry: T) -> bool:
        standing = self.of(entry)
        if standing in (Standing.NOISY, Standing.FEW):
            # The fastest lacks an interval only if all do: then even a distant runner-up may be the fastest.
            is_open = doubt(self.order[0]) is not None and entry is min(self.order[1:], key=_time_s)
            return is_open or _time_s(entry) < WIDEST * _time_s(self.order[0])
        return standing is not Standing.SLOWER


def rank(entries: Iterable[T]) -> Ranking[T]:
    """The ranking of the entries of one case that have a time; among equal ones the first comes first."""
    timed = [entry for entry in entries if entry.time_s is not None]
    best = fastest(timed)
    if best is None:
        return Ranking((), ())

    def place(entry: T) -> tuple[bool, bool, float, float]:
        ratio = over(entry, best)
        return entry is not best, ratio is None, ratio or 0.0, _time_s(entry)

    return Ranking(tuple(sorted(timed, key=place)), tuple(sorted(competing(timed), key=place)))


def fastest(entries: Iterable[T]) -> T | None:
    """The competitor with the least time among those with a usable interval, else among all; None without a time."""
    runners = competing(entry for entry in entries if entry.time_s is not None)
    return min(runners, key=lambda entry: (doubt(entry) is not None, _time_s(entry)), default=None)


def _standing(entry: Timed, best: Timed, count: int) -> Standing:
    """As one of `count`; a tie only if the ratio shown is one."""
    standing = _by_intervals(entry, best, count)
    ratio = _ratio(entry, best)
    # Pairs too noisy to be used: nothing is known.
    is_lost = entry.over_best is None and Flag.WIDE_RATIO in entry.flags
    if standing is Standing.TIED and (is_lost or ratio is None or ratio > TIE_WITHIN):
        return Standing.UNDECIDED
    return standing


def _by_intervals(entry: Timed, best: Timed, count: int) -> Standing:
    """By the interval of the paired ratio, else by the intervals of both times.

    Load that slows both alike makes their times uncertain, but not their ratio.
    """
    paired = _paired(entry, best)
    ends = usable(entry.over_best_low, entry.over_best_high)
    if paired is not None and ends is not None:
        return compared(paired, ends[0])
    doubts = {doubt(entry), doubt(best)} - {None}
    if doubts:
        return Standing.NOISY if Standing.NOISY in doubts else Standing.FEW
    assert entry.interval_s is not None
    assert best.interval_s is not None
    low, _ = held_together(_time_s(entry), entry.interval_s, count)
    return compared(_quotient(entry, best), low / held_together(_time_s(best), best.interval_s, count)[1])


def over(entry: Timed, best: Timed) -> float | None:
    """The time of an entry over that of the best: paired within blocks if possible, else the quotient.

    Never below 1; None where noise leaves no interval, or where pairs and times contradict each other.
    """
    return None if _standing(entry, best, 2) is Standing.NOISY else _ratio(entry, best)


def _ratio(entry: Timed, best: Timed) -> float | None:
    """The ratio to show, whatever the intervals; None for one well below 1, or below 1 against much slower times."""
    if entry is best:
        return 1.0
    paired, quotient = _paired(entry, best), _quotient(entry, best)
    ratio = quotient if paired is None else paired
    if ratio >= 1:
        return ratio
    if ratio < 1 / TIE_WITHIN or quotient > TIE_WITHIN:
        return None
    # A tie whose pairs say "faster by a hair" goes by the times shown.
    return max(1.0, quotient)


def _paired(entry: Timed, best: Timed) -> float | None:
    """The ratio within blocks, if it was taken to this very best: then the ratio of the best itself is 1."""
    return entry.over_best if best.over_best == 1 else None


def _quotient(entry: Timed, best: Timed) -> float:
    best_s = _time_s(best)
    return _time_s(entry) / best_s if best_s > 0 else math.inf


def _time_s(entry: Timed) -> float:
    assert entry.time_s is not None, "only timed entries are ranked"
    return entry.time_s
