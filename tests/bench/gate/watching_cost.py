"""The time that copies and audit calls take, as a share of the sampling, in visits as short as those of `quick`.

Figures of docs/attacks.md: `python -m tests.bench.gate.watching_cost`, on a quiet machine.
"""

from __future__ import annotations

import functools
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import impls
from bench.estimates.intervals import MIN_BLOCKS
from bench.gate.inspector import OutputInspector
from bench.machine.processors import available_threads
from bench.run.budget import FEW
from bench.timing.inspection import Auditing
from bench.worker.beacon import Beacon
from bench.worker.protocol import Outcome, Task
from bench.worker.proving import prove_and_time
from impls import Case, ConvProblem

CASES = ("mb1ic64ih28oc64kh3ph1", "mb1ic64ih28oc64kh1", "mb1ic64ih28oc64kh7ph3", "mb1ic128ih28oc128kh3ph1")
# As in `quick`: seconds of a case, processes, and visits of each process.
CASE_S, PROCESSES, VISITS = 5.0, 6, 3
# Slower by this factor is clearly slower.
_CLEARLY = 1.25
# What is timed: where each function counts. The calls of audits that are no samples count as well.
WATCHED: tuple[tuple[type, str, str], ...] = (
    (OutputInspector, "watch", "copies"),
    (OutputInspector, "keep", "copies"),
    (Auditing, "is_due", "audits"),
    (Auditing, "rewrite", "audits"),
    (Auditing, "finish_sample", "audits"),
    (Auditing, "time_alone", "audits"),
    (OutputInspector, "verdict", "judging"),
)


class Costs:
    """Seconds by use. A function that another watched one calls counts with that one."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = defaultdict(float)
        self._depth = 0

    def watch(self, owner: type, name: str, use: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(inner)
        def timed(*given: Any, **named: Any) -> Any:
            self._depth += 1
            started = time.perf_counter()
            try:
                return inner(*given, **named)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.spent_s[use] += time.perf_counter() - started

        setattr(owner, name, timed)


def _visit(task: Task, beacon: Beacon) -> tuple[float, dict[str, float]]:
    """The seconds of sampling, and the time of each implementation that is ok."""
    found: list[Outcome] = []
    sampling_s = prove_and_time(task, found.append, beacon)
    return sampling_s, {o.implementation: statistics.median(s.time_s for s in o.samples) for o in found if o.samples}


def main() -> None:
    torch.set_num_threads(available_threads())
    costs, sampling_s, beacon = Costs(), 0.0, Beacon.create(Path(tempfile.mkdtemp()))
    for owner, name, use in WATCHED:
        costs.watch(owner, name, use)
    for descriptor in CASES:
        case = Case(ConvProblem.parse(descriptor))
        names = tuple(n for n in impls.names("cpu") if n != "auto" and impls.get(n).why_not(case) is None)
        visit_s, least = CASE_S / PROCESSES / VISITS, math.ceil(MIN_BLOCKS / PROCESSES)
        losers: dict[str, float] = {}
        for number in range(PROCESSES * VISITS):
            if number >= PROCESSES:
                names = tuple(n for n in names if n not in losers)
            share = visit_s * (min(1.0, len(names) / FEW) if number >= PROCESSES else 1.0)
            task = Task(case, names, 1, share, 1e-6, min_blocks=least, tricks=number == 0, losers=losers)
            seconds, times = _visit(task, beacon)
            sampling_s += seconds
            best_s = min(times.values())
            losers = losers or {name: t for name, t in times.items() if t > _CLEARLY * best_s}
    print(f"{sampling_s:.1f} s of sampling")
    for use, seconds in sorted(costs.spent_s.items()):
        print(f"{use}: {100 * seconds / sampling_s:.2f} %")


if __name__ == "__main__":
    main()
