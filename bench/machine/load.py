"""Measures how much of the processors other programs used: all that was used, less the share of this program.

The use of the whole machine is in /proc/stat (proc(5)), in ticks of some 10 ms: good for minutes, not for samples. Time
that a hypervisor gave to other machines counts as used by others.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_STAT_FILE = Path("/proc/stat")
# From the line "cpu user nice system idle iowait irq softirq steal …": all but idle and iowait.
_USED = (1, 2, 3, 6, 7, 8)
# Processors that others used on average. Above this, more than one sample in twenty may be disturbed, and limits are on
# 95th percentiles.
BUSY = 0.1


@dataclass(frozen=True, slots=True)
class _Used:
    """Seconds since the machine started, all processors together: of everyone, and of this program; and the clock."""

    all_s: float
    own_s: float
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
        used_s = (now.all_s - self._started.all_s) - (now.own_s - self._started.own_s)
        return max(0.0, used_s) / (now.clock_s - self._started.clock_s)


def is_busy(others: float | None) -> bool:
    """Whether other programs used enough of the machine to spoil limits; unknown is no evidence."""
    return others is not None and others > BUSY


def _read() -> _Used | None:
    try:
        line = _STAT_FILE.read_text(encoding="ascii").partition("\n")[0].split()
    except OSError:
        # Not Linux, or a container that hides it.
        return None
    if len(line) <= max(_USED) or line[0] != "cpu":
        return None
    ticks_s = 1 / os.sysconf("SC_CLK_TCK")
    own = os.times()
    own_s = own.user + own.system + own.children_user + own.children_system
    return _Used(sum(int(line[i]) for i in _USED) * ticks_s, own_s, time.monotonic())
