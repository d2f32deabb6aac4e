"""Forecasts the duration and the memory of a sweep before it runs: each visit by bench.run.visit_time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.energy.terms import Terms
from bench.errors import UsageError
from bench.machine.memory import Demand, demand_of, shared_bytes
from bench.run import budget
from bench.run.energy import SLACK, cases_for_energy, plan_for
from bench.run.visit_time import visit_time
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.worker.admission import refusal
from bench.worker.groups import fit_together, groups_of, pair_bytes
from impls import Case, registry
from impls.cache_folder import has_compiled_code
from impls.errors import in_one_line

# For a crew: to measure ceilings, and for each of its workers to import libraries.
_START_S = 3.0
_WORKER_S = 1.25
# Once: to start the command itself, and to write the page.
_PAGE_S = 5.0
# The libraries in the memory of a worker, and of the process that the user starts.
_LIBRARIES_BYTES = 300 * 2**20


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds of a sweep by their use, and bytes by theirs; `largest` is the case with the most `case_bytes`.

    `samples_s` is for samples; it is less where intervals are narrow early. `start_s` is for all before the first visit
    and after the last one. `is_compiled` is whether any code was compiled before; compiling comes on top. Workers take
    turns and give free memory back, so that `case_bytes` counts once.
    """

    samples_s: float
    checks_s: float
    start_s: float
    energy_s: float
    workers: int
    libraries_bytes: int
    case_bytes: int
    largest: Case
    is_compiled: bool

    @property
    def total_s(self) -> float:
        return self.samples_s + self.checks_s + self.start_s + self.energy_s

    @property
    def total_bytes(self) -> int:
        return self.libraries_bytes + self.case_bytes


@dataclass(frozen=True, slots=True)
class Runnable:
    """The candidates that will run a case with the memory of each, and the errors of those that raise instead."""

    demands: Mapping[str, Demand]
    faults: Mapping[str, str]


def runnable_of(job: Job) -> list[Runnable]:
    """For each case of a job the candidates that will run, and those that fail before."""
    return [_runnable(planned.case, job.implementations) for planned in job.cases]


def faults_of(found: Sequence[Runnable]) -> dict[tuple[str, str], int]:
    """The cases of each implementation and error, by number."""
    counts = Counter((name, error) for one in found for name, error in one.faults.items())
    return dict(counts)


def forecast(job: Job, demands: Sequence[Mapping[str, Demand]], terms: Terms) -> Forecast:
    """The forecast for a job, from the candidates of each of its cases and its terms of energy."""
    config, cases = job.config, job.cases
    processes = config.processes
    samples_s, checks_s = _rounds_s(job, demands)
    if config.budget_s is not None and any(demands):
        # The checks count, and what the first visits leave is spent on further ones.
        samples_s = max(samples_s, config.budget_s - checks_s)
    used = [_case_bytes(planned.case, own) for planned, own in zip(cases, demands, strict=True)]
    largest = max(range(len(cases)), key=used.__getitem__)
    return Forecast(
        samples_s=samples_s,
        checks_s=checks_s,
        start_s=len(job.by_crew()) * (_START_S + processes * _WORKER_S) + _PAGE_S,
        energy_s=_energy_s(job, dict(zip(cases, demands, strict=True)), terms),
        workers=processes,
        libraries_bytes=(processes + 1) * _LIBRARIES_BYTES,
        case_bytes=used[largest],
        largest=cases[largest].case,
        is_compiled=has_compiled_code(),
    )


def _rounds_s(job: Job, demands: Sequence[Mapping[str, Demand]]) -> tuple[float, float]:
    """Seconds of samples and of checks, of the visits to every case by each process."""
    config = job.config
    visit_s = budget.first_visit_s(config.budget_s, len(job.cases), config.max_seconds) / config.rounds
    visits = [
        visit_time(planned.case, own, visit_s, config.processes, number)
        for planned, own in zip(job.cases, demands, strict=True)
        for number in range(config.rounds)
    ]
    return sum(visit.samples_s for visit in visits), sum(visit.checks_s for visit in visits)


def _runnable(case: Case, names: Sequence[str]) -> Runnable:
    demands, faults = {}, {}
    for name in names:
        try:
            reason, work = refusal(registry.get(name), case)
        except Exception as error:
            # A fault of a plug-in: the sweep goes on without it.
            faults[name] = str(error) if isinstance(error, UsageError) else in_one_line(error)
            continue
        if reason is None:
            demands[name] = demand_of(work, case)
    return Runnable(demands, faults)


def _case_bytes(case: Case, demands: Mapping[str, Demand]) -> int:
    """The most bytes of a worker for a case: its tensors, and the plans that live at once."""
    first, *others = groups_of(demands, case) or [()]
    most = sum(demands[name].kept for name in first) + max((demands[name].passing for name in first), default=0)
    own = [demands[name] for (name,) in others]
    alone = (demand.kept + demand.passing for demand in own)
    # The fastest of the first group may be any of them. A pair that does not fit in memory is not held.
    held = [demands[name] for name in first]
    pairs = (pair_bytes(one, other) for one in own for other in held if fit_together(one, other, case))
    return shared_bytes(case) + max((most, *alone, *pairs))


def _energy_s(job: Job, demands: Mapping[PlannedCase, Mapping[str, Demand]], terms: Terms) -> float:
    """Seconds of all windows of energy, and of idling before and after, in all processes."""
    plan = plan_for(job.config)
    processes = plan.shared_by(job.config.processes)
    each_s = SLACK * processes * plan.part(processes).windows * plan.window_s
    chosen = cases_for_energy(job.cases, job.config, terms)
    return sum(len(demands[planned]) * each_s + 2 * processes * plan.idle_s for planned in chosen)
