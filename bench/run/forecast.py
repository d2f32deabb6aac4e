"""Forecasts the duration and the memory of a sweep before it runs.

The constants come from the reference run on two cores (results/reference/intel-xeon-2-cores), where 36 visits with 13
implementations took 0.3 to 0.7 s beside their samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.energy.terms import Terms
from bench.machine.memory import Demand, demand_of, shared_bytes
from bench.run import budget
from bench.run.energy import SLACK, cases_for_energy, plan_for
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.worker.admission import refusal
from bench.worker.groups import fit_together, groups_of, pair_bytes
from impls import Case, registry

# To plan, prove and judge one candidate in one visit, without its arithmetic.
_CHECK_S = 0.025
# For the float64 truth of a case and the calls that are not samples.
_CHECK_S_PER_MAC = 3.5e-9
# For a crew of workers: to import libraries and measure ceilings.
_START_S = 10.0
# The libraries in the memory of a worker, and of the process that the user starts.
_LIBRARIES_BYTES = 300 * 2**20


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds of a sweep by their use, and bytes by theirs; `largest` is the case with the most `case_bytes`.

    `samples_s` is for samples; it is less where intervals are narrow early. Workers take turns and give free memory
    back, so that `case_bytes` counts once.
    """

    samples_s: float
    checks_s: float
    start_s: float
    energy_s: float
    workers: int
    libraries_bytes: int
    case_bytes: int
    largest: Case

    @property
    def total_s(self) -> float:
        return self.samples_s + self.checks_s + self.start_s + self.energy_s

    @property
    def total_bytes(self) -> int:
        return self.libraries_bytes + self.case_bytes


def demands_of(job: Job) -> list[dict[str, Demand]]:
    """For each case of a job the candidates that will run, with the memory of each."""
    return [_demands(planned.case, job.implementations) for planned in job.cases]


def forecast(job: Job, demands: Sequence[Mapping[str, Demand]], terms: Terms) -> Forecast:
    """The forecast for a job, from the candidates of each of its cases and its terms of energy."""
    config, cases = job.config, job.cases
    processes = config.processes
    checks_s = processes * sum(
        len(own) * _CHECK_S + planned.case.problem.macs * _CHECK_S_PER_MAC
        for planned, own in zip(cases, demands, strict=True)
    )
    samples_s = len(cases) * budget.first_visit_s(config.budget_s, len(cases), config.max_seconds)
    if config.budget_s is not None:
        # The checks count, and what the first visits leave is spent on further ones.
        samples_s = max(samples_s, config.budget_s - checks_s)
    used = [_case_bytes(planned.case, own) for planned, own in zip(cases, demands, strict=True)]
    largest = max(range(len(cases)), key=used.__getitem__)
    return Forecast(
        samples_s=samples_s,
        checks_s=checks_s,
        start_s=_START_S * len(job.by_threads()),
        energy_s=_energy_s(job, dict(zip(cases, demands, strict=True)), terms),
        workers=processes,
        libraries_bytes=(processes + 1) * _LIBRARIES_BYTES,
        case_bytes=used[largest],
        largest=cases[largest].case,
    )


def _demands(case: Case, names: Sequence[str]) -> dict[str, Demand]:
    found = {}
    for name in names:
        try:
            reason, work = refusal(registry.get(name), case)
        except Exception:
            # A fault of a plug-in: the worker will report it.
            continue
        if reason is None:
            found[name] = demand_of(work, case)
    return found


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
