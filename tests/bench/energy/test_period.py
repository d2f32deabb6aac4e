"""The update period is measured, and faulty counters are reported with their fault."""

from __future__ import annotations

import pytest

from bench.energy.meter import MeterError
from bench.energy.period import Pulse, patience_s, update_period
from tests.bench.energy.energy_world import FakeMeter, World, changed, vanishing


@pytest.mark.parametrize("tau_s", [0.001, 0.02, 0.1])
@pytest.mark.parametrize("jitter", [0.0, 0.1])
def test_the_period_is_measured(tau_s: float, jitter: float) -> None:
    world = World()
    meter = FakeMeter(world, tau_s, jitter=jitter)
    period = update_period(meter, world.clock)
    assert period.tau_s == pytest.approx(tau_s, rel=0.03 + jitter)
    assert period.spread_s <= 4 * jitter * tau_s + 2 * meter.read_s
    assert period.read_s == pytest.approx(meter.read_s)


def test_a_counter_that_stands_still_is_reported_with_the_time() -> None:
    world = World()
    meter = FakeMeter(world, 60.0)
    with pytest.raises(MeterError, match=r"^the counter of fake board did not move in 0\.5 s$"):
        update_period(meter, world.clock, still_s=0.5)
    assert world.now_s < 0.6


def test_a_vanished_sensor_is_an_error() -> None:
    world = World()
    meter = FakeMeter(world, 0.02)
    meter.spoil = vanishing(100)
    with pytest.raises(MeterError, match="the sensor is gone"):
        update_period(meter, world.clock)


@pytest.mark.parametrize(
    ("change", "text"),
    [(lambda j: j - 1e-3, "the counter of fake board ran backwards: .* J after .* J"), (None, "fake board is gone")],
    ids=["backwards", "a scope vanishes"],
)
def test_falling_or_missing_values_are_errors(change: object, text: str) -> None:
    world = World()
    meter = FakeMeter(world, 0.02)
    meter.spoil = changed(1, change) if callable(change) else lambda joules: {}
    pulse = Pulse(meter, world.clock)
    if callable(change):
        pulse.read()
    with pytest.raises(MeterError, match=text):
        pulse.read()


class SlowMeter(FakeMeter):
    """A meter that may stand still for half a minute."""

    still_s = 30.0


def test_a_slow_meter_may_stand_still_for_longer_and_is_watched_for_fewer_changes() -> None:
    world = World()
    meter = SlowMeter(world, 10.0, jitter=0.0, read_s=1e-2)
    assert (patience_s(meter), patience_s(FakeMeter(World(), 1.0))) == (30.0, 5.0)
    assert update_period(meter, world.clock).tau_s == pytest.approx(10.0, rel=0.03)
    # Four changes take three periods, after up to one until the first.
    assert 30.0 <= world.now_s <= 41.0
    slower = World()
    with pytest.raises(MeterError, match="did not move in 30 s"):
        update_period(SlowMeter(slower, 100.0, read_s=1e-2), slower.clock)
