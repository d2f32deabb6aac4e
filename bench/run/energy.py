"""The energy part of a sweep: the devices with a sensor, the cases to measure, and the length of the windows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bench.energy.asked import VARIABLE
from bench.energy.bracket import bracket
from bench.energy.bracket.bracket import PowerBracket
from bench.energy.meter import Found
from bench.energy.model import PowerModel
from bench.energy.plan import PLANS, Windows
from bench.energy.terms import COLD, LEFT_OUT, Terms, nowhere, terms_for
from bench.errors import UsageError
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_seed
from bench.sweep.job import Job
from bench.worker.crew import Crew
from bench.worker.protocol import MeasureEnergy

# Windows may take longer than they last by this factor: lead-in, and the wait for an edge of the counter.
SLACK = 1.5


def assumed_bracket(own: PowerModel | None) -> PowerBracket | None:
    """The bracket of this machine's power; None where the user's own figures take its place."""
    return bracket.here() if own is None else None


def find_terms(job: Job, sources: tuple[Found, ...]) -> Terms:
    """The terms of a job: the devices whose joules are measured, modelled, bracketed or missing."""
    devices = [planned.case.device for planned in job.cases]
    if job.config.energy == "none":
        return nowhere(devices, LEFT_OUT)
    if job.config.cache != "warm":
        return nowhere(devices, COLD, job.power, assumed_bracket(job.power))
    return terms_for(devices, sources, job.power, assumed_bracket(job.power), job.executed)


def require_asked(job: Job, sources: Iterable[Found]) -> None:
    """Raise UsageError if the user asked for a meter that is not available, and did not leave out energy."""
    devices = {planned.case.device for planned in job.cases} if job.config.energy != "none" else set()
    for found in sources:
        if found.is_asked_for and not found.available and found.device in devices:
            remedy = f"; {found.remedy}" if found.remedy else ""
            raise UsageError(
                f"the meter that {VARIABLE} asks for is not available: {found.why_not}{remedy}; to go on without it: "
                f"unset {VARIABLE}"
            )


def why_rates_are_useless(job: Job, sources: tuple[Found, ...]) -> str | None:
    """The warning that grams or prices of electricity were asked for where no joule will be known; else None."""
    useless = {"grid gives no grams": job.rates.grid, "price of a kWh gives no money": job.rates.price_per_kwh}
    given = " and the ".join(name for name, value in useless.items() if value is not None)
    terms = find_terms(job, sources)
    assumed = {"cpu"} if terms.model or terms.bracket else set()
    assumed |= {terms.executed.device} if terms.executed else set()
    devices = dict.fromkeys(planned.case.device for planned in job.cases)
    blind = {device: terms.without[device] for device in devices if device in terms.without.keys() - assumed}
    if not given or not blind:
        return None
    # The doctor shows the rest of each reason.
    why = ", ".join(f"{device}: {reason.partition(':')[0]}" for device, reason in blind.items())
    remedy = "do not leave out energy" if LEFT_OUT in blind.values() else "`convcost doctor` says more"
    return f"the {given}: there are no joules ({why}); {remedy}"


def cases_for_energy(cases: Sequence[PlannedCase], config: Config, terms: Terms) -> list[PlannedCase]:
    """The cases whose energy is measured: on devices with a sensor, the base of each group, or all."""
    measurable = [planned for planned in cases if planned.case.device not in terms.without]
    if config.energy != "base":
        return measurable if config.energy == "all" else []
    groups: dict[tuple[Any, ...], list[PlannedCase]] = {}
    for planned in measurable:
        case = planned.case
        conditions = (case.device, case.precision, case.layout, planned.threads, planned.data, planned.tuning)
        groups.setdefault(conditions, []).append(planned)
    return [_base(group) for group in groups.values()]


def _base(group: Sequence[PlannedCase]) -> PlannedCase:
    """The base of the axes, which is the first case; without axes, the layer with the most MACs."""
    varied = [planned for planned in group if planned.points]
    return varied[0] if varied else max(group, key=lambda planned: planned.case.problem.macs)


def plan_for(config: Config) -> Windows:
    """The windows of a configuration: those of its plan, each replaced by the user's own values."""
    plan = PLANS[config.energy_plan or ("full" if config.energy == "all" else "quick")]
    window_s = plan.window_s if config.energy_window_s is None else config.energy_window_s
    windows = plan.windows if config.energy_windows is None else config.energy_windows
    if (window_s, windows) == (plan.window_s, plan.windows):
        return plan
    return replace(
        plan,
        label=f"{plan.label}, {windows} × {window_s:g} s",
        window_s=window_s,
        windows=windows,
        budget_s=max(plan.budget_s, SLACK * windows * window_s),
    )


def measure_energy(crew: Crew, planned: PlannedCase, names: Iterable[str], job: Job) -> dict[str, Any]:
    """Measure the energy of one case: the record for the journal, with figures and raw data."""
    seed = case_seed(planned.case, crew.settings.threads, job.config.seed, planned.data)
    started = time.monotonic()
    found = crew.energy(MeasureEnergy(planned.case, tuple(names), seed, plan_for(job.config), data=planned.data))
    return {"key": job.key_of(planned), **found, "spent_s": time.monotonic() - started}
