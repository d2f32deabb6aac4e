"""Measures how much slower calls run while their energy is measured.

The same calls run by turns in windows on a counter's edges and without a meter. The meter is the machine's own where
there is one, else files on disk that are read as the kernel's powercap files are, with a counter driven by the clock.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.energy.all_meters import choose, meters
from bench.energy.meter import Found, Meter
from bench.energy.period import update_period
from bench.energy.plan import OVERHEAD_PAIRS, QUICK, Windows
from bench.energy.rapl_powercap import PowercapMeter
from bench.energy.window import Setup, aligned
from bench.energy.work import CpuWork, Workload
from bench.estimates.intervals import Ratio, paired_ratio

_LEAD_PAIRS = 5
# Update periods of the simulated counters: RAPL's move every millisecond, others less often.
_TAUS_S = (1e-3, 20e-3)
_RANGE_UJ = 2**32
_POWER_W = 50.0
_STRIDE_S = 0.1


class SimulatedMeter(PowercapMeter):
    """Reads the files of a powercap tree, but takes the counts from the clock: a new one every `tau_s`."""

    def __init__(self, root: Path, tau_s: float) -> None:
        # Set before the files are opened, because opening reads them for the first time.
        self._tau_s = tau_s
        super().__init__(root)

    def _counted(self, scope: str, descriptor: int) -> tuple[float, int]:
        moment, _ = super()._counted(scope, descriptor)
        ticks = int(moment / self._tau_s)
        return moment, int(ticks * self._tau_s * _POWER_W * 1e6) % _RANGE_UJ


@dataclass(frozen=True, slots=True)
class Overhead:
    """The cost of measuring: `ratio` is the time of a call with a meter over the time without, paired.

    `accounted` is the share of the time with a meter in which no call ran, by the clock. It is sharper than the ratio
    but does not see what readings do to the caches of the calls.
    """

    ratio: Ratio
    accounted: float


def overhead(
    meter: Meter,
    call: Callable[[], Any],
    plan: Windows = QUICK,
    pairs: int = OVERHEAD_PAIRS,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Overhead:
    """The cost of measuring energy in windows of a plan, with the wait for edges and the reading of conditions.

    A pair is a window and the same time without the meter, in random order. Raises MeterError as `aligned` does.
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
                _without_meter(work, seconds, clock)
            elapsed_s = clock() - started
            if number >= 0:
                (measuring if is_measured else without).append(elapsed_s / work.completed)
                if is_measured:
                    idle_s, all_s = idle_s + elapsed_s - work.busy_s, all_s + elapsed_s
    return Overhead(paired_ratio([measuring], [without]), idle_s / all_s)


class _Watched:
    """Work that counts how long it ran."""

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


def _without_meter(work: Workload, seconds: float, clock: Callable[[], float]) -> None:
    end = clock() + seconds
    while (left_s := end - clock()) > 0:
        work.advance(min(left_s, _STRIDE_S))


def _convolution() -> Callable[[], Any]:
    import torch

    from impls import Case, ConvProblem, get, prepare

    case = Case(ConvProblem.parse("mb1ic64ih56oc64kh3ph1"))
    x, weight = torch.randn(case.problem.input_shape), torch.randn(case.problem.weight_shape)
    run = prepare(get("direct"), case, weight, None).run
    return lambda: run(x)


def powercap_tree(root: Path) -> Path:
    """Write the powercap files of one package into an empty folder."""
    zone = root / "intel-rapl:0"
    zone.mkdir()
    for name, text in (("name", "package-0"), ("energy_uj", "0"), ("max_energy_range_uj", str(_RANGE_UJ))):
        (zone / name).write_text(f"{text}\n")
    return root


@dataclass(frozen=True, slots=True)
class MeterOverhead:
    """The overhead of one meter; `is_simulated` where the machine has no energy counter of its own."""

    meter: str
    is_simulated: bool
    overhead: Overhead

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure_overhead(pairs: int = OVERHEAD_PAIRS, sources: tuple[Found, ...] | None = None) -> list[MeterOverhead]:
    """The overhead of this machine's CPU meter, or of simulated counters of two speeds where there is none.

    `sources` are the meters to choose from, this machine's by default. Raises MeterError if the meter fails.
    """
    call, best = _convolution(), choose("cpu", meters() if sources is None else sources)
    if best is not None and best.open is not None:
        with closing(best.open()) as meter:
            return [MeterOverhead(best.source, False, overhead(meter, call, pairs=pairs))]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        root = powercap_tree(Path(folder))
        for tau_s in _TAUS_S:
            with closing(SimulatedMeter(root, tau_s)) as meter:
                name = f"simulated counter, a new value every {tau_s * 1e3:g} ms"
                found.append(MeterOverhead(name, True, overhead(meter, call, pairs=pairs)))
    return found
