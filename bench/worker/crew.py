"""Several worker processes that take turns on each case, so that no headline number comes from one process alone.

Memory layout, page tables and code placement are drawn once a process and move a convolution's time; so all processes
visit each case. They live until a case needs more visits than theirs, so that libraries are imported once; processes
that wait are idle.
"""

from __future__ import annotations

import math
from collections.abc import Set
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any

from bench.calibration.value import Calibration
from bench.estimates.intervals import MIN_BLOCKS
from bench.worker import DEFAULT_PROCESSES
from bench.worker.client import Worker
from bench.worker.energy_shares import EnergyShares
from bench.worker.protocol import Calibrate, MeasureEnergy, Outcome, Task
from bench.worker.settings import Settings


class Crew:
    """`processes` workers with the same settings and the same `ends_at` (see Worker). A context manager.

    `first` is the number of its first process: those of an earlier session have lower ones.
    """

    def __init__(
        self, settings: Settings, processes: int = DEFAULT_PROCESSES, ends_at: float = math.inf, first: int = 0
    ) -> None:
        self.settings = settings
        self._first = first
        self.workers = [Worker(settings, ends_at) for _ in range(processes)]
        self._stack = ExitStack()

    def __enter__(self) -> Crew:
        for worker in self.workers:
            self._stack.enter_context(worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def sampling_s(self) -> float:
        """Time spent in timed samples and their warm-up so far, by all workers."""
        return sum(worker.sampling_s for worker in self.workers)

    def start(self) -> dict[str, Any]:
        """Start the workers that do not run, all at once, and return the environment of the first."""
        for worker in self.workers:
            worker.launch()
        environments = [worker.start() for worker in self.workers]
        return environments[0]

    def calibrate(self, wanted: Calibrate) -> Calibration:
        """The ceilings of a device, as the first worker measures them."""
        # All at once: they import side by side, and none imports while ceilings are measured.
        self.start()
        return self.workers[0].calibrate(wanted)

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        """The joules of implementations: workers, at most as many as there are windows, measure their shares in turn.

        A worker that is lost costs the candidate that ran in it.
        """
        # Lost ones too: no worker imports libraries while another one measures.
        self.start()
        processes = task.plan.shared_by(len(self.workers))
        shares, part = EnergyShares(task, processes), task.plan.part(processes)
        for number, worker in enumerate(self.workers[:processes]):
            if names := shares.names:
                shares.add(worker.energy(replace(task, implementations=names, plan=part, process=number)))
        return shares.record()

    def visit(self, task: Task, number: int, visited: Set[int] = frozenset()) -> list[Outcome]:
        """Run a task in the worker that takes visit `number` (from 0) to its case, with its share of the least blocks.

        A process among `visited` is replaced by a new one. The first visit also looks for tricks. Samples come back
        with their process.
        """
        # Lost ones too: no worker imports libraries while another one measures.
        self.start()
        index = number % len(self.workers)
        if self._process(index) in visited:
            self.workers[index].renew()
        share = replace(task, tricks=number == 0, min_blocks=math.ceil(MIN_BLOCKS / len(self.workers)))
        outcomes = self.workers[index].run(share)
        return [_stamped(outcome, self._process(index)) for outcome in outcomes]

    def _process(self, index: int) -> int:
        """The number of the process of a worker: one that was replaced is another process."""
        return self._first + index + len(self.workers) * (self.workers[index].processes_started - 1)


def _stamped(outcome: Outcome, process: int) -> Outcome:
    return replace(outcome, samples=tuple(replace(sample, process=process) for sample in outcome.samples))
