"""The energy part of a sweep: whether it can be measured here, for which cases, for how long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bench.energy import sockets
from bench.energy.detection import Unavailable
from bench.energy.meter import Found
from bench.energy.model import PowerModel
from bench.energy.plan import PLANS, Windows
from bench.energy.terms import COLD, LEFT_OUT, Terms, nowhere, terms_for
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_seed
from bench.sweep.job import Job
from bench.worker.crew import Crew
from bench.worker.protocol import MeasureEnergy

# Windows may take so much longer than they last: lead-in, and the wait for an edge.
_SLACK = 1.5


def assumed_power(own: PowerModel | None) -> PowerModel | None:
    """The user's figures, else those published for this processor, None where there are none."""
    if own is not None:
        return own
    with suppress(Unavailable):
        return sockets.here()
    return None


def find_terms(job: Job, sources: tuple[Found, ...]) -> Terms:
    """What will be measured, modelled or missing in this order's sweep."""
    devices = [planned.case.device for planned in job.cases]
    if job.config.energy == "none":
        return nowhere(devices, LEFT_OUT)
    if job.config.cache != "warm":
        return nowhere(devices, COLD, assumed_power(job.power))
    return terms_for(devices, sources, assumed_power(job.power))


def to_sample(cases: Sequence[PlannedCase], config: Config, terms: Terms) -> list[PlannedCase]:
    """The cases whose energy is measured: none where there is no sensor, else the base of each group, or all."""
    seen = [planned for planned in cases if planned.case.device not in terms.without]
    if config.energy != "base":
        return seen if config.energy == "all" else []
    groups: dict[tuple[Any, ...], list[PlannedCase]] = {}
    for planned in seen:
        case = planned.case
        groups.setdefault((case.device, case.precision, case.layout, planned.threads), []).append(planned)
    return [_base(group) for group in groups.values()]


def _base(group: Sequence[PlannedCase]) -> PlannedCase:
    """The one that axes vary, which comes first; of layers alone, the one with the most work."""
    varied = [planned for planned in group if planned.points]
    return varied[0] if varied else max(group, key=lambda planned: planned.case.problem.macs)


def plan_for(config: Config) -> Windows:
    """How long and how often: the configuration's plan, the full one for all cases, or as asked for."""
    plan = PLANS["full" if config.energy == "all" else config.energy_plan]
    window_s = config.energy_window_s or plan.window_s
    windows = config.energy_windows or plan.windows
    if (window_s, windows) == (plan.window_s, plan.windows):
        return plan
    return replace(
        plan,
        label=f"{plan.label}, {windows} × {window_s:g} s",
        window_s=window_s,
        windows=windows,
        budget_s=max(plan.budget_s, _SLACK * windows * window_s),
    )


def sample(crew: Crew, planned: PlannedCase, names: Iterable[str], job: Job) -> dict[str, Any]:
    """The record of the journal of one case's energy: figures of these implementations, and their raw data."""
    seed = case_seed(planned.case, crew.settings.threads, job.config.seed)
    started = time.monotonic()
    found = crew.energy(MeasureEnergy(planned.case, tuple(names), seed, plan_for(job.config)))
    return {"key": job.key_of(planned), **found, "spent_s": time.monotonic() - started}
