"""One window: its edges, calls and readings, and its failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.energy.accumulator import Accumulator
from bench.energy.meter import MeterError, Reading
from bench.energy.period import Period, update_period
from bench.energy.window import Setup, aligned
from bench.energy.work import CpuWork, Rest, work_for
from tests.bench.energy.energy_world import IDLE_W, FakeMeter, FakeWork, World, changed, vanishing

TAU_S = 0.02


def _world(tau_s: float = TAU_S, jitter: float = 0.05) -> tuple[World, FakeMeter, Setup]:
    world = World(3)
    meter = FakeMeter(world, tau_s, jitter=jitter)
    return world, meter, Setup(meter, Period(tau_s, 2 * jitter * tau_s, meter.read_s), world.clock)


@pytest.mark.parametrize("tau_s", [0.001, 0.02, 0.1])
def test_joules_and_calls_of_a_window_are_those_between_its_edges(tau_s: float) -> None:
    world, _, setup = _world(tau_s)
    window = aligned(setup, FakeWork(world, 1e-4, 100.0), 1.0, lead_s=0.3 * tau_s)
    assert 1.0 <= window.window_s + 0.5 * tau_s <= 1.0 + 2 * tau_s
    assert window.energy_j["board"] == pytest.approx(100 * window.window_s, rel=2 * setup.poll_s)
    assert window.calls == pytest.approx(window.window_s / 1e-4, rel=2e-3)
    assert all(0 < d <= 2 * setup.poll_s for d in window.delta_s["board"])


@pytest.mark.parametrize("tau_s", [0.001, 0.02, 0.1])
def test_readings_take_less_than_half_a_percent_of_the_time(tau_s: float) -> None:
    world, meter, setup = _world(tau_s)
    length_s, started, before = max(0.5, 20 * tau_s), world.now_s, meter.reads
    window = aligned(setup, FakeWork(world, 1e-5), length_s)
    assert (meter.reads - before) * meter.read_s < 0.005 * (world.now_s - started)
    assert 0 < window.polling_s < 0.005 * window.window_s


@pytest.mark.parametrize("one_s", [0.05, 0.31, 1.7])
def test_a_call_longer_than_the_period_is_measured(one_s: float) -> None:
    """The value read after a call is at most one period old, however long the call."""
    world, _, setup = _world()
    window = aligned(setup, FakeWork(world, one_s, 100.0), 2.0)
    reach_s = setup.period.reach_s
    assert all(d == pytest.approx(reach_s) for d in window.delta_s["board"])
    assert window.energy_j["board"] / window.calls == pytest.approx(100 * one_s, rel=2 * reach_s / window.window_s)


def test_a_call_longer_than_the_limit_for_a_still_counter_is_measured() -> None:
    world, _, setup = _world()
    assert aligned(setup, FakeWork(world, 30.0, 100.0), 40.0).calls == pytest.approx(3.0, rel=1e-2)


def test_rest_is_measured_with_few_naps_and_at_idle_power() -> None:
    world, meter, setup = _world()
    window = aligned(setup, Rest(world.sleep), 1.0, observe=False)
    assert window.energy_j["board"] / window.window_s == pytest.approx(IDLE_W, rel=0.01)
    assert meter.reads < 30


def test_a_scope_out_of_step_is_known_to_one_period() -> None:
    world, meter, setup = _world(jitter=0.0)
    meter.scopes = ("board", "memory")
    other = FakeMeter(world, TAU_S, jitter=0.0)
    other._phase = (meter._phase + 0.5) % 1
    meter.spoil = lambda joules: {"board": joules["board"], "memory": other._published_j}
    window = aligned(setup, FakeWork(world, 1e-4, 100.0), 1.0)
    assert all(d == TAU_S for d in window.delta_s["memory"])
    assert all(d < TAU_S / 5 for d in window.delta_s["board"])


class TwoSockets(FakeMeter):
    """Two packages out of step by 0.3 periods, and their sum."""

    def __init__(self, world: World) -> None:
        super().__init__(world, TAU_S, jitter=0.0)
        self.scopes = ("packages", "package-0", "package-1")
        second = FakeMeter(world, TAU_S, jitter=0.0)
        second._phase = (self._phase + 0.3) % 1

        def spoil(joules: dict[str, float]) -> dict[str, float]:
            one, other = joules["package-0"], second._published_j
            return {"packages": one + other, "package-0": one, "package-1": other}

        self.spoil = spoil


def test_packages_out_of_step_do_not_shorten_the_period() -> None:
    world = World(3)
    meter = TwoSockets(world)
    period = update_period(meter, world.clock)
    assert period.reach_s == pytest.approx(TAU_S, rel=0.02)
    window = aligned(Setup(meter, period, world.clock), FakeWork(world, 1e-4, 100.0), 1.0)
    assert window.energy_j["packages"] == pytest.approx(200 * window.window_s, rel=0.01)
    assert all(d < TAU_S / 5 for d in window.delta_s["package-0"])
    # The sum is as old as its oldest part.
    assert window.delta_s["packages"] == window.delta_s["package-1"] == (period.reach_s,) * 2


def test_a_later_scope_may_be_lost_with_a_reason() -> None:
    world, meter, setup = _world()
    meter.scopes = ("board", "memory")
    left, why = iter(range(5)), {"memory": "it stands still"}
    read = meter.read

    def losing() -> Reading:
        reading = read()
        if next(left, None) is not None:
            return reading
        return Reading(reading.time_s, {"board": reading.joules["board"]}, why)

    meter.read = losing
    window = aligned(setup, FakeWork(world, 1e-4, 100.0), 1.0)
    assert (tuple(window.energy_j), tuple(window.delta_s), window.lost) == (("board",), ("board",), why)
    why["board"] = why.pop("memory")
    meter.scopes = ("memory", "board")
    with pytest.raises(MeterError, match="fake memory is gone"):
        aligned(setup, FakeWork(world, 1e-4, 100.0), 1.0)


@pytest.mark.parametrize("work", [CpuWork, Rest], ids=["calls", "rest"])
def test_a_counter_that_wraps_is_read_within_a_long_window(work: type) -> None:
    """A range of 262 kJ at up to a thousand watts: a wrap must not be missed."""
    world, meter, setup = _world()
    read, counter = meter.read, Accumulator("package-0", 0, 0.0, 1e-6, 262_143_328_850)
    meter.read = lambda: Reading(
        (now := read()).time_s,
        {"board": counter.add(int(now.joules["board"] * 1e6) % 262_143_328_850, now.time_s)},
    )
    filling = Rest(world.sleep) if work is Rest else FakeWork(world, 0.05, 900.0)
    window = aligned(setup, filling, 1_000.0, lead_s=500.0)
    power_w = IDLE_W if work is Rest else 900.0
    assert window.energy_j["board"] == pytest.approx(power_w * window.window_s, rel=1e-3)
    assert meter.reads < 400


def test_slow_downs_for_heat_between_its_ends_flag_a_window() -> None:
    world, meter, setup = _world()
    counts = iter([3, 3, 3, 4])
    meter.facts = lambda: {"throttle_count": next(counts)}
    flags = [aligned(setup, FakeWork(world), 0.5).flags for _ in range(2)]
    assert flags == [(), ("throttled",)]


@pytest.mark.parametrize(
    ("facts", "flags"),
    [
        ({}, ()),
        ({"throttle_reasons": ["power-cap"], "other_processes": []}, ()),
        ({"throttle_reasons": ["power-cap", "hardware-thermal"]}, ("throttled",)),
        ({"throttle_reasons": ["thermal"]}, ("throttled",)),
        ({"other_processes": [4711]}, ("other-processes",)),
    ],
)
def test_conditions_at_its_ends_are_kept_and_flagged(facts: dict[str, Any], flags: tuple[str, ...]) -> None:
    world, meter, setup = _world()
    meter.facts = lambda: facts
    window = aligned(setup, FakeWork(world), 0.5)
    assert window.conditions == (facts, facts)
    assert window.flags == flags


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (vanishing(6), "the sensor is gone"),
        (changed(4, lambda j: 0.5 * j - 1.0), "ran backwards"),
        (changed(0, lambda j: 0.0), r"did not move in 5\.\d+ s"),
        (lambda joules: {}, "fake board is gone"),
    ],
    ids=["vanishes", "backwards", "still", "no scope"],
)
def test_a_meter_that_fails_ends_the_window_and_the_work(spoil: Callable[..., dict[str, float]], text: str) -> None:
    world, meter, setup = _world()
    work = FakeWork(world)
    meter.spoil = spoil
    with pytest.raises(MeterError, match=text):
        aligned(setup, work, 0.5)
    assert not work.running


def test_work_that_never_completes_a_call_is_an_error() -> None:
    world, _, setup = _world()

    class Stuck(Rest):
        def advance(self, pace_s: float) -> int:
            super().advance(1.0)
            return 0

    with pytest.raises(TimeoutError, match="no call was completed in 300 s"):
        aligned(setup, Stuck(world.sleep), 0.5)


def test_a_second_meter_is_read_at_both_ends_and_may_fail() -> None:
    world, _, setup = _world()
    beside = FakeMeter(world, TAU_S, scale=1.1)
    setup = Setup(setup.meter, setup.period, setup.clock, beside)
    window = aligned(setup, FakeWork(world, 1e-4, 100.0), 2.0)
    assert window.check_w == pytest.approx(110.0, rel=0.02)
    beside.spoil = vanishing(0)
    window = aligned(setup, FakeWork(world, 1e-4, 100.0), 2.0)
    assert (window.check_w, window.flags) == (None, ("check-failed",))


@pytest.mark.parametrize(("cost_s", "calls"), [(1e-4, 10), (1.0, 1)])
def test_cpu_work_runs_as_many_calls_as_fit_the_pace(cost_s: float, calls: int) -> None:
    world = World()
    work = CpuWork(lambda: world.spend(cost_s), world.clock)
    assert work.advance(1.0) == 1
    assert work.advance(1.0001e-3) == 1 + calls


def test_a_device_without_work_is_refused() -> None:
    assert isinstance(work_for("cpu", lambda: None), CpuWork)
    with pytest.raises(ValueError, match="allowed: cpu, cuda"):
        work_for("tpu", lambda: None)
