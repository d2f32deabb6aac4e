"""The cost of measuring energy, exact in a world whose clock only calls and readings advance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.energy.meter import Found, Method
from bench.energy.overhead import Overhead, SimulatedMeter, measure_overhead, overhead, powercap_tree
from bench.energy.plan import QUICK
from tests.bench.energy.energy_world import FakeMeter, World

_SHORT = replace(QUICK, window_s=0.2, periods=5)
_CALL_S = 2e-4


def _cost(read_s: float) -> Overhead:
    world = World()
    world.level_w = 100.0
    meter = FakeMeter(world, 20e-3, read_s=read_s)
    return overhead(meter, lambda: world.spend(_CALL_S), _SHORT, pairs=10, clock=world.clock)


def test_readings_that_take_longer_cost_more() -> None:
    slow, quick = _cost(2e-3), _cost(20e-6)
    assert quick.accounted < slow.accounted / 2
    assert quick.ratio.estimate < slow.ratio.estimate


@pytest.mark.parametrize("read_s", [20e-6, 2e-3])
def test_the_clock_and_the_pairs_agree(read_s: float) -> None:
    found = _cost(read_s)
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low <= found.ratio.estimate <= found.ratio.high
    # accounted = 1 − (time without a meter / time with one).
    assert found.ratio.estimate == pytest.approx(1 / (1 - found.accounted), rel=0.02)


def test_the_simulated_counter_moves_with_the_clock(tmp_path: Path) -> None:
    meter = SimulatedMeter(powercap_tree(tmp_path), 1e-3)
    first = meter.read()
    while (later := meter.read()).joules == first.joules:
        pass
    assert 0 < later.joules["package-0"] - first.joules["package-0"] < 1e3
    assert later.time_s > first.time_s
    meter.close()


def test_the_overhead_of_the_machines_own_meter_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[FakeMeter] = []

    def open_meter() -> FakeMeter:
        opened.append(FakeMeter(World(), 20e-3))
        return opened[0]

    sources = (Found("rapl-perf", "cpu", Method.COUNTER, ("package-0",), open=open_meter),)
    monkeypatch.setattr("bench.energy.overhead.overhead", lambda meter, call, pairs: (meter, pairs))
    (found,) = measure_overhead(7, sources)
    assert (found.meter, found.is_simulated, found.overhead) == ("rapl-perf", False, (opened[0], 7))


def test_simulated_counters_of_two_speeds_replace_a_missing_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.energy.overhead.overhead", lambda meter, call, pairs: meter.scopes)
    found = measure_overhead(1, ())
    assert [entry.is_simulated for entry in found] == [True, True]
    assert [entry.meter.rpartition("every ")[2] for entry in found] == ["1 ms", "20 ms"]
