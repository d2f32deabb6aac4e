"""Several worker processes, one after another on each case: no headline number comes from one process alone.

Memory layout, page tables and code placement are drawn once a process and move a convolution's time by tens of
percent; so each case visits all processes. They live through the whole sweep, so that imports are paid once, and
those that wait are idle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, TypeVar

from bench.calibration.value import Calibration
from bench.timing.estimates import MIN_BLOCKS
from bench.worker import DEFAULT_PROCESSES
from bench.worker.client import Worker
from bench.worker.protocol import Calibrate, Outcome, Task
from bench.worker.settings import Settings

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of one implementation in all processes.

    `outcome` is the first that is not ok, else that of the last process; `samples` are those of all processes, each
    with its `process`, and empty unless all are ok.
    """

    outcome: Outcome
    samples: tuple[dict[str, Any], ...] = ()


class Crew:
    """`processes` workers with the same settings. A context manager."""

    def __init__(self, settings: Settings, processes: int = DEFAULT_PROCESSES) -> None:
        self.settings = settings
        self.workers = [Worker(settings) for _ in range(processes)]
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
        """The ceilings of a device, as the first worker finds them."""
        return self.workers[0].calibrate(wanted)

    def run(self, task: Task) -> list[Merged]:
        """Run a task in every process, a share of its budget each; what fails in one is not tried in the next."""
        # Also those that were lost on the last case: nothing is imported beside another's samples.
        self.start()
        found: dict[str, Merged] = {}
        names, count = task.implementations, len(self.workers)
        for process, worker in enumerate(self.workers):
            if not names:
                break
            attempt = replace(task, implementations=names, tricks=process == 0)
            for outcome in worker.run(self._share(attempt)):
                # A worker that was replaced is another process.
                number = process + count * (worker.processes_started - 1)
                found[outcome.implementation] = _merge(found.get(outcome.implementation), outcome, number)
            names = tuple(n for n in names if found[n].outcome.status == "ok")
            if task.max_seconds is None:
                break
        return [found[name] for name in task.implementations]

    def _share(self, task: Task) -> Task:
        count = len(self.workers)
        if task.max_seconds is None or count == 1:
            return task
        return replace(
            task,
            max_seconds=task.max_seconds / count,
            # The interval of the median over all processes narrows with the root of the samples.
            target_rel_ci=task.target_rel_ci * math.sqrt(count),
            min_blocks=math.ceil(MIN_BLOCKS / count),
        )


def _merge(before: Merged | None, outcome: Outcome, process: int) -> Merged:
    if outcome.status != "ok":
        return Merged(outcome)
    added = tuple({"process": process, "draw": 0, **sample} for sample in outcome.samples)
    if before is None:
        return Merged(outcome, added)
    # Compilation and cold files are paid by the first process: what a user pays every time is the least, and what
    # they cost is the most.
    both = before.outcome, outcome
    merged = replace(
        outcome,
        plan_s=min(_known(o.plan_s for o in both), default=None),
        first_call_s=min(_known(o.first_call_s for o in both), default=None),
        import_s=max(_known(o.import_s for o in both), default=None),
        jit_s=max(_known(o.jit_s for o in both), default=None),
        peak_bytes=max(_known(o.peak_bytes for o in both), default=None),
    )
    return Merged(merged, before.samples + added)


def _known(values: Iterable[_Number | None]) -> list[_Number]:
    return [value for value in values if value is not None]
