"""One visit to a case: some of its candidates in one worker process, and the rows of all visits so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.calibration.value import Calibration
from bench.cost.roofline import with_roofline
from bench.rows.audits import with_audits
from bench.rows.break_even import with_break_even
from bench.rows.ratios import with_ratios
from bench.rows.row import make_row, with_earlier
from bench.run.budget import losers
from bench.store import visits
from bench.store.entering import fitted
from bench.store.samples import Samples
from bench.store.schema import Row
from bench.store.status import Status
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.identity import case_seed, origin
from bench.sweep.job import Job
from bench.worker.crew import Crew
from bench.worker.protocol import Outcome, Task


def visit_case(
    crew: Crew,
    planned: PlannedCase,
    job: Job,
    implementations: tuple[str, ...],
    max_seconds: float | None,
    before: Visited,
    calibrations: tuple[Calibration, ...] = (),
) -> tuple[list[Row], Samples]:
    """Visit a case: its rows, from the samples of all visits, and the samples that this visit added.

    The crew's processes take turns. `max_seconds` is the budget of the visit; None proves without timing.
    """
    config, lost = job.config, losers(before.rows)
    visited = frozenset(sample.process for taken in before.samples.values() for sample in taken)
    task = Task(
        planned.case,
        implementations,
        case_seed(planned.case, crew.settings.threads, config.seed, planned.data),
        max_seconds,
        config.target_rel_ci,
        config.cache,
        data=planned.data,
        losers={row.implementation: row.time_s for row in before.rows if row.implementation in lost and row.time_s},
    )
    # Visits of one process resemble each other: after the rounds a case is visited by processes that are new to it.
    outcomes = crew.visit(task, before.count, frozenset() if before.count < config.rounds else visited)
    added = visits.continued(before.samples, {o.implementation: list(o.samples) for o in outcomes if o.samples})
    samples = {name: [*before.samples.get(name, ()), *added.get(name, ())] for name in {**before.samples, **added}}
    fresh = [_row(planned, outcome, samples, job, crew) for outcome in outcomes]
    came_again = any(sample.process in visited for taken in added.values() for sample in taken)
    rows = with_audits(_updated(before.rows, fresh, is_new=not came_again))
    return with_roofline(with_break_even(with_ratios(rows, samples)), calibrations), added


def _row(planned: PlannedCase, outcome: Outcome, samples: Samples, job: Job, crew: Crew) -> Row:
    """The row of one implementation; its samples of all visits count if it is still ok."""
    taken = samples.get(outcome.implementation, ()) if outcome.status is Status.OK else ()
    outcome = replace(outcome, samples=tuple(taken))
    place = origin(planned, outcome.implementation, crew.settings, job.config.seed, job.config.cache)
    return fitted(make_row(place, outcome))


def _updated(known: Sequence[Row], fresh: list[Row], *, is_new: bool) -> list[Row]:
    """The rows of a case after a visit: the old ones, replaced by new ones of the same implementation.

    `is_new` is whether the visit was the first of its process to the case.
    """
    before = {row.implementation: row for row in known}
    visited = {row.implementation: with_earlier(row, before.get(row.implementation), is_new=is_new) for row in fresh}
    return [visited.get(row.implementation, row) for row in known] or list(visited.values())
