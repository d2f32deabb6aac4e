"""Measures how much of the processors other programs used: all that was used, less the share of this program.

The use of the whole machine is in /proc/stat (proc(5)), in ticks of some 10 ms: good for seconds, not for samples. Time
that a hypervisor gave to other machines counts as used by others.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_STAT_FILE = Path("/proc/stat")
# From the line "cpu user nice system idle iowait irq softirq steal …": all but idle and iowait, and all of them. The
# times of guests that follow are part of user and nice.
_USED = (1, 2, 3, 6, 7, 8)
_ALL = range(1, 9)
# Processors that others used on average. Above this, more than one sample in twenty may be disturbed, and limits are on
# 95th percentiles.
BUSY = 0.1
# User and system time are cut to whole ticks at both ends, so that ticks alone explain up to this many.
_BLUR_TICKS = 2


@dataclass(frozen=True, slots=True)
class OthersUse:
    """Processor time in a period: `others_s` of other programs, `all_s` of all processors, idle or not; in seconds.

    `others_s` may be below 0, by up to `blur_s`, because ticks are coarser than the clock of this program.
    """

    others_s: float
    all_s: float
    blur_s: float

    @property
    def share(self) -> float:
        """The part of the processor time that others used, from 0 to 1."""
        return max(0.0, self.others_s / self.all_s)

    def surely_exceeds(self, share: float) -> bool:
        """Whether others used more than this part, even if ticks explain as much as they can."""
        return self.others_s - self.blur_s > share * self.all_s


def added(uses: Iterable[OthersUse | None]) -> OthersUse | None:
    """The use in several periods together; None if it is unknown in one of them, or without any."""
    found = list(uses)
    known = [use for use in found if use is not None]
    if not known or len(known) < len(found):
        return None
    return OthersUse(
        math.fsum(use.others_s for use in known),
        math.fsum(use.all_s for use in known),
        math.hypot(*(use.blur_s for use in known)),
    )


@dataclass(frozen=True, slots=True)
class _Used:
    """Seconds since the machine started, all processors together: used by everyone, by this program, and all of it.

    `clock_s` is the clock.
    """

    all_s: float
    own_s: float
    total_s: float
    clock_s: float


class LoadWatch:
    """Watches from its creation on. Children of this program count as its own once they have ended."""

    def __init__(self) -> None:
        self._started = _read()

    def others(self) -> float | None:
        """The mean number of processors that other programs used; None if the system does not tell.

        Call it after all children have ended.
        """
        now = _read()
        if self._started is None or now is None or now.all_s <= self._started.all_s:
            return None
        return max(0.0, _others_s(self._started, now)) / (now.clock_s - self._started.clock_s)

    def use(self) -> OthersUse | None:
        """The processor time so far, of others and in all; None if the system does not tell, or under a tick."""
        now = _read()
        if self._started is None or now is None or now.total_s <= self._started.total_s:
            return None
        total_s = now.total_s - self._started.total_s
        return OthersUse(_others_s(self._started, now), total_s, _BLUR_TICKS * _tick_s())


def is_busy(others: float | None) -> bool:
    """Whether other programs used enough of the machine to spoil limits; unknown is no evidence."""
    return others is not None and others > BUSY


def _others_s(before: _Used, after: _Used) -> float:
    return (after.all_s - before.all_s) - (after.own_s - before.own_s)


def _tick_s() -> float:
    return 1 / os.sysconf("SC_CLK_TCK")


def _read() -> _Used | None:
    try:
        line = _STAT_FILE.read_text(encoding="ascii").partition("\n")[0].split()
    except OSError:
        # Not Linux, or a container that hides it.
        return None
    if len(line) <= max(_USED) or line[0] != "cpu":
        return None
    times_s = {i: int(line[i]) * _tick_s() for i in _ALL}
    children = os.times()
    # Its own clock is finer than os.times(), which counts in ticks.
    own_s = time.process_time() + children.children_user + children.children_system
    return _Used(math.fsum(times_s[i] for i in _USED), own_s, math.fsum(times_s.values()), time.monotonic())
