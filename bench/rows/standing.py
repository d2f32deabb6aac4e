"""The standing of one implementation against the fastest of its case, by intervals and ratios.

Intervals are used only up to a stated width (`WIDEST`), and ties only up to a stated difference (`TIE_WITHIN`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Protocol

from bench.estimates.against_best import held_together
from bench.rows.delegation import Entry
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


def standing_of(entry: Timed, best: Timed, count: int) -> Standing:
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
    low, _ = held_together(seconds_of(entry), entry.interval_s, count)
    return compared(quotient(entry, best), low / held_together(seconds_of(best), best.interval_s, count)[1])


def over(entry: Timed, best: Timed) -> float | None:
    """The time of an entry over that of the best: paired within blocks if possible, else the quotient.

    Never below 1; None where noise leaves no interval, or where pairs and times contradict each other.
    """
    return None if standing_of(entry, best, 2) is Standing.NOISY else _ratio(entry, best)


def _ratio(entry: Timed, best: Timed) -> float | None:
    """The ratio to show, whatever the intervals; None for one well below 1, or below 1 against much slower times."""
    if entry is best:
        return 1.0
    paired, by_times = _paired(entry, best), quotient(entry, best)
    ratio = by_times if paired is None else paired
    if ratio >= 1:
        return ratio
    if ratio < 1 / TIE_WITHIN or by_times > TIE_WITHIN:
        return None
    # A tie whose pairs say "faster by a hair" goes by the times shown.
    return max(1.0, by_times)


def _paired(entry: Timed, best: Timed) -> float | None:
    """The ratio within blocks, if it was taken to this very best: then the ratio of the best itself is 1."""
    return entry.over_best if best.over_best == 1 else None


def quotient(entry: Timed, best: Timed) -> float:
    best_s = seconds_of(best)
    return seconds_of(entry) / best_s if best_s > 0 else math.inf


def seconds_of(entry: Timed) -> float:
    assert entry.time_s is not None, "only timed entries are ranked"
    return entry.time_s
