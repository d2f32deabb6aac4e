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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.energy.meter import Meter
from bench.energy.period import update_period
from bench.energy.plan import QUICK, Windows
from bench.energy.rapl_powercap import PowercapMeter
from bench.energy.sources import choose, meters
from bench.energy.window import Setup, aligned
from bench.energy.work import CpuWork, Work
from bench.estimates.intervals import Ratio, paired_ratio

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
        # Before the files are opened, which are read for the first time then.
        self._tau_s = tau_s
        super().__init__(root)

    def _counted(self, scope: str, descriptor: int) -> tuple[float, int]:
        moment, _ = super()._counted(scope, descriptor)
        ticks = int(moment / self._tau_s)
        return moment, int(ticks * self._tau_s * _POWER_W * 1e6) % _RANGE_UJ


@dataclass(frozen=True, slots=True)
class Overhead:
    """What measuring costs: `ratio` is the time of a call with a meter over that without, paired.

    `accounted` is the share of the time with a meter in which no call ran, by the clock: sharper than the ratio, and
    blind to what readings do to the caches of the calls.
    """

    ratio: Ratio
    accounted: float


def overhead(
    meter: Meter,
    call: Callable[[], Any],
    plan: Windows = QUICK,
    pairs: int = _PAIRS,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Overhead:
    """What measuring joules in windows of a plan costs, waiting for their edges and asking for conditions included.

    A pair is a window and as long without the meter, in random order. Raises MeterError as `aligned` does.
    """
    rng = random.Random(seed)
    setup = Setup(meter, update_period(meter, clock), clock)
    seconds = plan.length_s(setup.period.tau_s)
    measuring: list[float] = []
    without: list[float] = []
    idle_s = all_s = 0.0
    for number in range(-_LEAD_PAIRS, pairs):
        for is_measured in rng.sample((True, False), 2):
            work = _Watched(CpuWork(call, clock), clock)
            started = clock()
            if is_measured:
                aligned(setup, work, seconds)
            else:
                _on_its_own(work, seconds, clock)
            elapsed_s = clock() - started
            if number >= 0:
                (measuring if is_measured else without).append(elapsed_s / work.completed)
                if is_measured:
                    idle_s, all_s = idle_s + elapsed_s - work.busy_s, all_s + elapsed_s
    return Overhead(paired_ratio([measuring], [without]), idle_s / all_s)


class _Watched:
    """Work, and how long it ran."""

    def __init__(self, work: CpuWork, clock: Callable[[], float]) -> None:
        self._work, self._clock = work, clock
        self.completed, self.busy_s = 0, 0.0

    def advance(self, pace_s: float) -> int:
        started = self._clock()
        self.completed = self._work.advance(pace_s)
        self.busy_s += self._clock() - started
        return self.completed

    def finish(self) -> None:
        self._work.finish()


def _on_its_own(work: Work, seconds: float, clock: Callable[[], float]) -> None:
    end = clock() + seconds
    while (left_s := end - clock()) > 0:
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


def _report(name: str, meter: Meter, call: Callable[[], Any]) -> None:
    found = overhead(meter, call)
    low, high = ((100 * (end or float("nan")) - 100) for end in (found.ratio.low, found.ratio.high))
    print(
        f"{name}: {100 * found.accounted:.3f} % of the time by the clock; with a meter over without "
        f"{100 * found.ratio.estimate - 100:+.2f} % [{low:+.2f} to {high:+.2f}]"
    )


def main() -> int:
    call, best = _convolution(), choose("cpu", meters())
    if best is not None and best.open is not None:
        with closing(best.open()) as meter:
            _report(f"{best.source}, this machine's", meter, call)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder))
        for tau_s in _TAUS_S:
            with closing(Ticking(root, tau_s)) as meter:
                _report(f"files on disk, a new value every {tau_s * 1e3:g} ms", meter, call)
    return 0


if __name__ == "__main__":
    sys.exit(main())
