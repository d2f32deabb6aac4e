"""One run: a small sweep over the twins by the crew, the rounds, the gate, and the rows of every sweep.

After each of the first rounds, one for each convolution, torch's Timer gets the same time for it in a process of the
crew.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.machine.bursts import one_busy_core
from bench.qualify.questions import TWINS, Effort
from bench.qualify.shown import Overshoots, Shown, of_rows, true_time
from bench.run.rounds import Rounds
from bench.store.schema import Row
from bench.store.status import Status
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.job import Job
from bench.worker.client import Worker
from bench.worker.crew import Crew
from bench.worker.protocol import Call
from bench.worker.settings import Settings
from impls import Case, ConvProblem

PLUG_IN = Path(__file__).with_name("twins.py")
_RATIOS = "bench.qualify.timer:ratios"
_OVERSHOOTS = "bench.qualify.spin:overshoots"


@dataclass(frozen=True, slots=True)
class TwinRun:
    """A finished run: its number, its condition, when it began and how long it took, and all that it shows.

    `overshoots` are those of its slowed twins; `faults` say which twin had no time in which case, and why.
    """

    number: int
    condition: str
    started_s: float
    wall_s: float
    shown: tuple[Shown, ...]
    overshoots: Overshoots
    faults: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without what it shows."""
        return {
            "run": self.number,
            "condition": self.condition,
            "started_s": self.started_s,
            "wall_s": self.wall_s,
            "overshoots": [
                {"descriptor": descriptor, "implementation": name, "overshoot": overshoot}
                for (descriptor, name), overshoot in self.overshoots.items()
            ],
            "faults": list(self.faults),
        }


def run(
    number: int, condition: str, effort: Effort, settings: Settings, device: str, began_s: float, seed: int = 0
) -> TwinRun:
    """Measure one run, on inputs of its own; `began_s` is when the first of them began, of time.monotonic().

    Raises InfrastructureError if a worker does not start, or is lost while it measures with Timer.
    """
    job, started = _job(seed + number, effort, settings, device), time.monotonic()
    rows: dict[PlannedCase, list[Row]] = {}
    timed: dict[str, list[dict[str, Any]]] = {}
    spun: list[dict[str, Any]] = []
    with (
        one_busy_core(number) if condition == "busy" else nullcontext(),
        Crew(job.settings, job.config.processes) as crew,
    ):
        waiting = _by_timer(crew.workers, job, effort.candidate_s)
        for visit, step in enumerate(Rounds(job, crew).measure(job.cases), 1):
            rows[step.planned] = list(step.rows)
            if visit % len(job.cases) == 0:
                timed |= next(waiting, {})
        for found in waiting:
            timed |= found
        for worker in crew.workers:
            spun += worker.call(Call(_OVERSHOOTS, {}))
    overshoots = _together(spun)
    shown = [s for case_rows in rows.values() for s in of_rows(number, condition, case_rows, overshoots)]
    shown += [_of_timer(number, condition, d, r, overshoots) for d, found in timed.items() for r in found]
    faults = tuple(_faults(row for case_rows in rows.values() for row in case_rows))
    return TwinRun(number, condition, started - began_s, time.monotonic() - started, tuple(shown), overshoots, faults)


def _job(seed: int, effort: Effort, settings: Settings, device: str) -> Job:
    """A sweep over the twins."""
    config = Config(
        "qualify", implementations=tuple(TWINS), devices=(device,), seed=seed,
        max_seconds=effort.candidate_s * len(TWINS), processes=effort.processes,
    )  # fmt: skip
    cases = tuple(PlannedCase(Case(ConvProblem.parse(text), device=device)) for text in effort.convolutions)
    return Job(config, cases, tuple(TWINS), replace(settings, load=(PLUG_IN,)), "convcost qualify")


def _by_timer(workers: list[Worker], job: Job, candidate_s: float) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """What Timer finds of each convolution, one at each step, by processes in turn."""
    for place, planned in enumerate(job.cases):
        descriptor = planned.case.problem.descriptor
        arguments = {
            "descriptor": descriptor, "device": planned.case.device, "seed": job.config.seed, "seconds": candidate_s,
        }  # fmt: skip
        call = Call(_RATIOS, arguments, budget_s=2 * candidate_s * len(TWINS))
        yield {descriptor: workers[place % len(workers)].call(call)}


def _of_timer(run: int, condition: str, descriptor: str, found: dict[str, Any], overshoots: Overshoots) -> Shown:
    name = found["implementation"]
    low = found["low"]
    return Shown(
        run, condition, "Timer", descriptor, name, found["ratio"] is None, true_time(descriptor, name, overshoots),
        found["ratio"], low, found["high"], called_slower=low is not None and low > 1, time_s=found["time_s"],
    )  # fmt: skip


def _together(spun: Iterable[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """The overshoot of each slowed twin: the median over the processes."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in spun:
        found.setdefault((one["descriptor"], one["implementation"]), []).append(one["overshoot"])
    return {key: statistics.median(values) for key, values in found.items()}


def _faults(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row.status is not Status.OK:
            yield f"{row.implementation} on {row.descriptor}: {row.status}, {row.reason}"
