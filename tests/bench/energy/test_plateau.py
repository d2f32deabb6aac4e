"""Warming up ends at a plateau of power, or at its limit, on fast and slow counters."""

from __future__ import annotations

import itertools
import math

import pytest

from bench.energy.period import Period
from bench.energy.plan import FULL, QUICK, Windows
from bench.energy.plateau import reach_plateau
from bench.energy.window import Setup
from tests.bench.energy.energy_world import IDLE_W, FakeMeter, FakeWork, World


@pytest.mark.parametrize(("seconds", "reached"), [(15.0, True), (0.5, False)])
def test_warming_up_ends_at_the_plateau_or_at_its_limit(seconds: float, reached: bool) -> None:
    """The distance of the power from 100 W halves with every chunk."""
    world = World(7)
    meter = FakeMeter(world, 0.01)
    powers = (100 + 100 * 0.5**i for i in itertools.count())
    work = FakeWork(world, 1e-4, powers=powers)
    setup = Setup(meter, Period(0.01, 1e-3, 20e-6), world.clock)
    assert reach_plateau(setup, work, seconds) == reached
    assert world.now_s < min(seconds + 0.3, 10.0)


@pytest.mark.parametrize(("plan", "chunk_s"), [(QUICK, 0.2), (FULL, 2.0)])
def test_power_that_still_rises_is_not_a_plateau(plan: Windows, chunk_s: float) -> None:
    """Two chunks close 63 % of the distance to 100 W: equal for three tenths of a second, but not steady."""
    world = World(7)
    meter = FakeMeter(world, 0.01)

    class Heating(FakeWork):
        def advance(self, pace_s: float) -> int:
            self.power_w = 100 - 20 * math.exp(-world.now_s / (2 * chunk_s))
            self.running = False
            return super().advance(pace_s)

    setup = Setup(meter, Period(0.001, 1e-4, 20e-6), world.clock)
    assert reach_plateau(setup, Heating(world, 1e-4), plan.warm_up_s)
    assert world.now_s >= 5 * chunk_s
    assert world.level_w == IDLE_W


def test_a_slow_counter_has_time_to_show_a_plateau() -> None:
    """The counter changes every 0.1 s, so a chunk takes a second. The power is steady only after two chunks."""
    world = World(7)
    meter = FakeMeter(world, 0.1)

    class Heating(FakeWork):
        def advance(self, pace_s: float) -> int:
            self.power_w = 80.0 if world.now_s < 2.2 else 100.0
            self.running = False
            return super().advance(pace_s)

    setup = Setup(meter, Period(0.1, 1e-3, 20e-6), world.clock)
    assert reach_plateau(setup, Heating(world, 1e-4), QUICK.warm_up_s)
    assert world.now_s > QUICK.warm_up_s
