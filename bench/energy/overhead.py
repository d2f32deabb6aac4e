"""What measuring joules costs: the same calls in windows on a counter's edges and without a meter, by turns.

`python -m bench.energy.overhead`: with the machine's own meter where there is one. Without, with powercap files on disk
that are read as the kernel's are, and whose counter moves with the clock.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench.energy.meter import Meter
from bench.energy.period import update_period
from bench.energy.plan import QUICK, Windows
from bench.energy.rapl_powercap import PowercapMeter
from bench.energy.sources import choose, meters
from bench.energy.window import Setup, aligned
from bench.energy.work import CpuWork
from bench.timing.estimates import Ratio, paired_ratio

_PAIRS = 120
_LEAD_PAIRS = 5
# Of the counters that stand in for those of a machine without any: RAPL moves every millisecond, others more seldom.
_TAUS_S = (1e-3, 20e-3)
_RANGE_UJ = 2**32
_POWER_W = 50.0
_STRIDE_S = 0.1


class Ticking(PowercapMeter):
    """Reads the files of a powercap tree, and counts `tau_s` by the clock what they would hold."""

    def __init__(self, root: Path, tau_s: float) -> None:
        super().__init__(root)
        self._tau_s = tau_s

    def _counted(self, scope: str, descriptor: int) -> tuple[float, int]:
        moment, _ = super()._counted(scope, descriptor)
        ticks = int(moment / self._tau_s)
        return moment, int(ticks * self._tau_s * _POWER_W * 1e6) % _RANGE_UJ


def overhead(meter: Meter, call: Callable[[], Any], plan: Windows = QUICK, pairs: int = _PAIRS, seed: int = 0) -> Ratio:
    """The time of a call while joules are measured, waiting for edges included, over its time without.

    A pair is a window of the plan and as long without the meter, in random order. Raises MeterError as `aligned` does.
    """
    clock, rng = time.perf_counter, random.Random(seed)
    setup = Setup(meter, update_period(meter, clock), clock)
    seconds = plan.length_s(setup.period.tau_s)
    measuring, without = [], []
    for number in range(-_LEAD_PAIRS, pairs):
        halves: list[tuple[list[float], Callable[[CpuWork], object]]] = [
            (measuring, lambda work: aligned(setup, work, seconds)),
            (without, lambda work: _on_its_own(work, seconds)),
        ]
        for taken, run in rng.sample(halves, 2):
            work = CpuWork(call)
            started = clock()
            run(work)
            elapsed_s = clock() - started
            if number >= 0:
                taken.append(elapsed_s / (work.advance(0.0) - 1))
    return paired_ratio([measuring], [without])


def _on_its_own(work: CpuWork, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left_s := end - time.perf_counter()) > 0:
        work.advance(min(left_s, _STRIDE_S))


def _convolution() -> Callable[[], Any]:
    import torch

    from impls import Case, ConvProblem, get, prepare

    torch.set_grad_enabled(False)
    case = Case(ConvProblem.parse("mb1ic64ih56oc64kh3ph1"))
    x, weight = torch.randn(case.problem.input_shape), torch.randn(case.problem.weight_shape)
    run = prepare(get("direct"), case, weight, None).run
    return lambda: run(x)


def tree(root: Path) -> Path:
    """A powercap tree of one package, in an empty folder."""
    zone = root / "intel-rapl:0"
    zone.mkdir()
    for name, text in (("name", "package-0"), ("energy_uj", "0"), ("max_energy_range_uj", str(_RANGE_UJ))):
        (zone / name).write_text(f"{text}\n")
    return root


def main() -> int:
    call, best = _convolution(), choose("cpu", meters())
    with ExitStack() as stack:
        found: dict[str, Meter] = {}
        if best is not None and best.open is not None:
            found[f"{best.source}, this machine's"] = stack.enter_context(closing(best.open()))
        else:
            root = tree(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            for tau_s in _TAUS_S:
                found[f"files on disk, {tau_s * 1e3:g} ms"] = stack.enter_context(closing(Ticking(root, tau_s)))
        for name, meter in found.items():
            ratio = overhead(meter, call)
            low, high = ((100 * (end or float("nan")) - 100) for end in (ratio.low, ratio.high))
            print(f"{name}: {100 * ratio.estimate - 100:+.3f} % [{low:+.3f} to {high:+.3f}] of the time of a call")
    return 0


if __name__ == "__main__":
    sys.exit(main())
