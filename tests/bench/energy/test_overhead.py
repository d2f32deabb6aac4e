"""What measuring joules costs: exact in a world whose clock only calls and readings advance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.energy.overhead import Overhead, Ticking, overhead, tree
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
    # Time without calls, over the time with a meter and over that without.
    assert found.ratio.estimate == pytest.approx(1 / (1 - found.accounted), rel=0.02)


def test_the_counter_of_the_files_moves_with_the_clock(tmp_path: Path) -> None:
    meter = Ticking(tree(tmp_path), 1e-3)
    first = meter.read()
    while (later := meter.read()).joules == first.joules:
        pass
    assert 0 < later.joules["package-0"] - first.joules["package-0"] < 1e3
    assert later.time_s > first.time_s
    meter.close()
