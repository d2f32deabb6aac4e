"""What measuring joules costs, on a meter that costs nothing and on one that costs a lot."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from bench.energy.overhead import Ticking, overhead, tree
from bench.energy.plan import QUICK

_SHORT = replace(QUICK, window_s=5e-3, periods=5)


class _Slow(Ticking):
    """Each reading takes as long as ten calls."""

    def read(self):  # type: ignore[no-untyped-def]
        time.sleep(2e-3)
        return super().read()


def _call() -> None:
    until = time.perf_counter() + 2e-4
    while time.perf_counter() < until:
        pass


def test_a_slow_meter_is_found_to_cost_and_a_quick_one_less(tmp_path: Path) -> None:
    root = tree(tmp_path)
    slow, quick = (overhead(kind(root, 1e-3), _call, _SHORT, pairs=10) for kind in (_Slow, Ticking))
    assert slow.ratio.low is not None
    assert slow.ratio.low > 1.03
    assert 0 < quick.accounted < slow.accounted


def test_the_counter_of_the_files_moves_with_the_clock(tmp_path: Path) -> None:
    meter = Ticking(tree(tmp_path), 1e-3)
    first = meter.read()
    while (later := meter.read()).joules == first.joules:
        pass
    assert 0 < later.joules["package-0"] - first.joules["package-0"] < 1e3
    assert later.time_s > first.time_s
    meter.close()
