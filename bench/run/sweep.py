"""Runs a sweep: one crew for each number of threads and each setting, its visits to the cases, and the journal."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.energy import meters
from bench.energy.own_cost import Limit, OwnCost, Spent, together
from bench.energy.terms import Terms
from bench.errors import InfrastructureError, UsageError
from bench.machine.interrupts import held
from bench.machine.processors import allotted_cores
from bench.run import sources as files_of_run
from bench.run.ceilings import calibrate
from bench.run.energy import assumed_bracket, cases_for_energy, find_terms, measure_energy, require_asked
from bench.run.events import EnergyStarted, Event, Progress, RunStarted, VisitEnded
from bench.run.rounds import Rounds
from bench.run.visit import visit_case
from bench.store import journal, lock, runs, stored
from bench.store.samples import to_columns
from bench.store.schema import Row
from bench.store.stored import StoredRun
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.tuning.tuner import Tuner
from bench.worker.crew import Crew


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended: its folder, and whether its limit of joules stopped it before the end."""

    folder: Path
    is_stopped: bool = False


def validate(job: Job, ends_at: float = math.inf) -> Iterator[list[Row]]:
    """Prove every case right or wrong, without timing; its rows. Raises OutOfTime at `ends_at` (of time.monotonic)."""
    with Crew(job.settings, job.config.processes, ends_at) as crew:
        for planned in job.cases:
            yield visit_case(crew, planned, job, job.implementations, None, Visited())[0]


def sweep(
    job: Job,
    results: Path,
    progress: Progress,
    resume: Path | None = None,
    *,
    max_joules: float | None = None,
    first: int = 0,
) -> Ended:
    """Measure every case into the run's folder; with `resume`, only the cases missing from its journal.

    Workers of a new run are numbered from `first`: no two shards of one sweep have a worker of one number.
    Stops after the visit in which its own energy reaches `max_joules` (the high end of a bracket), and can be resumed.
    Raises UsageError for such a limit without a sensor, a model or a bracket, and for a meter that was asked for and is
    not available; InfrastructureError if a worker cannot start or the folder cannot be written.
    """
    started, sources = time.monotonic(), meters(job.power)
    require_asked(job, sources)
    devices = [planned.case.device for planned in job.cases]
    folder, sampling_s, stopped, finished = resume, 0.0, False, False
    with (
        ExitStack() as locks,
        Tuner(job.tunings) as tuner,
        OwnCost(devices, sources, job.power, job.settings.threads, assumed_bracket(job.power)) as cost,
    ):
        known = None if resume is None else _continued(resume, locks)
        first = first if known is None else known.last_process + 1
        limit = Limit(cost, max_joules)
        try:
            for (threads, tuning), cases in job.by_crew().items():
                tuner.apply(tuning)
                with Crew(replace(job.settings, threads=threads), job.config.processes, first=first) as crew:
                    # Record the run's thread count, not this group's: a resume may start with any group.
                    environment = {**crew.start(), "threads": job.settings.threads}
                    if folder is None:
                        meta = description(job, environment, find_terms(job, sources))
                        # Whoever interrupts the sweep is told of its folder.
                        with held():
                            folder = runs.create(results, job.config.name, meta)
                            locks.enter_context(lock.held(folder))
                            progress(RunStarted(folder))
                    elif folder == resume:
                        runs.require_same_machine(folder, environment)
                        progress(RunStarted(folder))
                    with _staying(folder):
                        stopped = _report(_measure(job, crew, cases, folder, tuner, known), progress, limit)
                    sampling_s += crew.sampling_s
                if stopped:
                    break
            finished = not stopped
        finally:
            if folder is not None:
                # An interrupted run has used energy too.
                with held(), _staying(folder):
                    _keep(folder, time.monotonic() - started, sampling_s, cost.spent(), finished=finished)
        assert folder is not None, "a job has at least one case"
        with _staying(folder):
            runs.write_tables_of(folder)
    return Ended(folder, stopped)


@contextmanager
def _staying(folder: Path) -> Iterator[None]:
    """Raise InfrastructureError, and not what a user's own folder would raise, if the run's folder is removed."""
    try:
        yield
    except UsageError as error:
        if (folder / runs.META_NAME).is_file():
            raise
        raise InfrastructureError(
            f"{folder} was removed while it was measured; to measure again: a new sweep"
        ) from error


def require_folders(results: Path, reports: Path) -> None:
    """Raise InfrastructureError, before hours of measuring, if results or pages cannot be written."""
    runs.require_possible(results)
    runs.require_possible(reports)


def as_json(folder: Path, page: Path) -> dict[str, Any]:
    """A run as plain data: its folder, the page of its report, and its rows."""
    rows = [row.as_dict() for row in stored.read(folder).rows()]
    return {"run": str(folder), "report": str(page), "rows": rows}


def _continued(folder: Path, locks: ExitStack) -> StoredRun:
    """Open a run again, for this process alone; its journal as it was left."""
    locks.enter_context(lock.held(folder))
    runs.reopen(folder)
    return stored.read(folder)


def _report(events: Iterable[Event], progress: Progress, limit: Limit) -> bool:
    """Report each event; True if the limit was reached."""
    for event in events:
        progress(event)
        if limit.is_reached:
            return True
    return False


def _measure(
    job: Job, crew: Crew, cases: list[PlannedCase], folder: Path, tuner: Tuner, before: StoredRun | None
) -> Iterator[Event]:
    """Measure the times, then the energy, of the cases of one crew, but for what the run had before this session.

    A visit is reported after it is in the journal; the energy of a case before it is measured. Neither is kept if the
    settings of clock and power are no longer in force.
    """
    known = before.cases if before is not None else {}
    rounds = Rounds(job, crew, _calibrated(crew, cases, folder), known)
    for step in rounds.measure(cases):
        tuner.require_in_force()
        write_down(step, job, folder)
        yield step
    terms = runs.energy_terms(folder, runs.read_meta(folder))
    chosen, done = cases_for_energy(cases, job.config, terms), before.energy if before is not None else {}
    for number, planned in enumerate(chosen, 1):
        names = rounds.known(planned).fine
        if names and job.key_of(planned) not in done:
            yield EnergyStarted(planned, number, len(chosen))
            record = measure_energy(crew, planned, names, job)
            tuner.require_in_force()
            journal.append(folder, record)


def _calibrated(crew: Crew, cases: list[PlannedCase], folder: Path) -> tuple[Calibration, ...]:
    """The ceilings of the run: those in its run.json, with the missing ones measured and written there."""
    meta = runs.read_meta(folder)
    try:
        known = tuple(map(Calibration.from_dict, meta.get("calibration", ())))
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
    calibrations = calibrate(crew, (planned.case for planned in cases), known, tuning=cases[0].tuning.key)
    runs.add_to_meta(folder, {"calibration": [c.to_dict() for c in calibrations]})
    return calibrations


def description(job: Job, environment: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """What run.json says when a run begins."""
    return {
        "name": job.config.name,
        "command": job.command,
        "configuration": {**job.config.with_whole_paths().as_dict(), "candidates": list(job.implementations)},
        "skipped": list(job.skipped),
        files_of_run.ENTRY: files_of_run.sources_of(job.config, job.settings.load),
        "settings": {
            "threads": job.settings.threads,
            "load": [str(path.resolve()) for path in job.settings.load],
            "step_timeout_s": job.settings.step_timeout_s,
            "max_memory_bytes": job.settings.max_memory_bytes,
        },
        # For a model of power that is given later, on a machine that may be another.
        "energy": {**terms.as_dict(), "allotted_cores": allotted_cores()},
        "rates": job.rates.as_dict(),
        "environment": environment,
    }


def _keep(folder: Path, wall_s: float, sampling_s: float, spent: list[Spent], *, finished: bool) -> None:
    """Add the time and energy of this session to run.json."""
    meta = runs.read_meta(folder)
    before = [Spent(**known) for known in meta.get("own_energy", ())]
    taken: dict[str, Any] = {
        "wall_s": wall_s + (meta.get("wall_s") or 0.0),
        "sampling_s": sampling_s + (meta.get("sampling_s") or 0.0),
        "own_energy": [s.as_dict() for s in together(before, spent)],
    }
    if finished:
        runs.finish(folder, taken)
    else:
        runs.add_to_meta(folder, taken)


def write_down(step: VisitEnded, job: Job, folder: Path) -> None:
    """Add a visit to the journal, unless it is there already or measured nothing."""
    if step.added is None:
        return
    columns = {name: to_columns(taken) for name, taken in step.added.items()}
    rows = [row.as_record() for row in step.rows]
    record = {"key": job.key_of(step.planned), "rows": rows, "samples": columns, "spent_s": step.spent_s}
    journal.append(folder, {**record, "visit": step.visit})
