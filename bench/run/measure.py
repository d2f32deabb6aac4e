"""`convcost measure`: one problem by all implementations, fastest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bench.calibration.value import Calibration
from bench.energy import meters
from bench.energy.bracket.bracket import PowerBracket
from bench.errors import UsageError
from bench.predict.beside import beside
from bench.predict.time_model import TimeModel
from bench.rows.ranking import rank
from bench.run.ceilings import calibrate
from bench.run.energy import find_terms
from bench.run.rounds import Rounds
from bench.store.schema import Row
from bench.store.status import Status
from bench.store.stored import faults_of
from bench.sweep.cases import PlannedCase
from bench.sweep.job import Job
from bench.tuning.tuner import Tuner
from bench.worker.crew import Crew


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of every case, the ceilings of the device, and the bracket of a CPU that has no sensor."""

    cases: tuple[list[Row], ...]
    calibrations: tuple[Calibration, ...]
    bracket: PowerBracket | None = None

    @property
    def faults(self) -> list[Row]:
        return faults_of(row for rows in self.cases for row in rows)


def measure(job: Job, *, levels: bool = True) -> Measured:
    """Measure every case of a job: its rows, fastest first, those without a time last.

    Without `levels` rows have no roofline: caches and memory are not measured, which takes seconds.

    Raises UsageError for a case that none of the implementations computes.
    """
    calibrations: tuple[Calibration, ...] = ()
    rows: dict[PlannedCase, list[Row]] = {}
    with Tuner(job.tunings) as tuner:
        for (threads, tuning), cases in job.by_crew().items():
            tuner.apply(tuning)
            with Crew(replace(job.settings, threads=threads), job.config.processes) as crew:
                asked = (planned.case for planned in cases)
                calibrations = calibrate(crew, asked, calibrations, levels=levels, tuning=tuning.key)
                for step in Rounds(job, crew, calibrations).measure(cases):
                    tuner.require_in_force()
                    rows[step.planned] = list(step.rows)
    return Measured(tuple(map(_sorted, rows.values())), calibrations, find_terms(job, meters()).bracket)


def _sorted(rows: list[Row]) -> list[Row]:
    if all(row.status is Status.UNSUPPORTED for row in rows):
        reasons = "; ".join(f"{row.implementation}: {row.reason}" for row in rows)
        raise UsageError(f"nothing here computes {rows[0].descriptor}: {reasons}")
    return [*rank(rows).timed, *(row for row in rows if row.time_s is None)]


def as_json(measured: Measured, model: TimeModel | None = None) -> list[dict[str, Any]]:
    """Rows as plain data; with a model, each with what that predicts."""
    rows = [row for own in measured.cases for row in own]
    if model is None:
        return [row.as_dict() for row in rows]
    return [{**one.row.as_dict(), **one.as_dict()} for one in beside(model, rows)]
