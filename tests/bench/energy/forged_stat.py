"""A forged /proc/stat of a simulated machine: neighbours use a share of its processors, and the work all of one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from bench.machine import load
from tests.bench.energy.energy_world import World

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class ForgedStat:
    """The file and this program's own clocks, both driven by a world.

    `share` is that of all processor time which neighbours use now; it may change with every read.
    """

    def __init__(self, world: World, processors: int = 4) -> None:
        self.world, self.processors = world, processors
        self.share: Callable[[], float] = lambda: 0.0
        self._others_s = self._read_s = 0.0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> ForgedStat:
        monkeypatch.setattr(load, "_STAT_FILE", self)
        monkeypatch.setattr(time, "process_time", lambda: self._own_s)
        monkeypatch.setattr(os, "times", lambda: os.times_result((0.0,) * 5))
        return self

    @property
    def _own_s(self) -> float:
        return self.world.now_s - self.world.slept_s

    def read_text(self, encoding: str) -> str:
        now_s = self.world.now_s
        self._others_s += self.share() * self.processors * (now_s - self._read_s)
        self._read_s = now_s
        used_s = self._own_s + self._others_s
        idle_s = self.processors * now_s - used_s
        user, idle = (int(TICKS_PER_S * seconds) for seconds in (used_s, idle_s))
        return f"cpu  {user} 0 0 {idle} 0 0 0 0 0 0\n"
