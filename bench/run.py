"""A whole sweep: crews, one for each number of threads, their visits to the cases, and the journal of it all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.calibration.needs import calibrate
from bench.calibration.value import Calibration
from bench.errors import InfrastructureError
from bench.rounds import Rounds, Step
from bench.store import journal, runs, visits
from bench.store.schema import Row
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.order import Order
from bench.visit import visit_case
from bench.worker.crew import Crew

Progress = Callable[[Step], None]


def validate(order: Order) -> Iterator[list[Row]]:
    """Rows of every case proven right or wrong, without timing."""
    with Crew(order.settings, order.config.processes) as crew:
        for planned in order.cases:
            yield visit_case(crew, planned, order, order.implementations, None, Visited())[0]


def sweep(order: Order, results: Path, progress: Progress, resume: Path | None = None) -> Path:
    """Measure every case and return the run's folder; with `resume`, what its journal lacks.

    Raises InfrastructureError if the worker cannot start or the folder cannot be written.
    """
    started = time.monotonic()
    folder, sampling_s = resume, 0.0
    for threads, cases in order.by_threads().items():
        with Crew(replace(order.settings, threads=threads), order.config.processes) as crew:
            # Of the whole run, whichever of its groups is the first to be measured now.
            environment = {**crew.start(), "threads": order.settings.threads}
            if folder is None:
                folder = runs.create(results, order.config.name, _meta(order, environment))
            elif folder == resume:
                runs.require_same_machine(folder, environment)
            rounds = Rounds(order, crew, _calibrated(crew, cases, folder), visits.read(folder))
            for step in rounds.measure(cases):
                _write_down(step, order, folder)
                progress(step)
            sampling_s += crew.sampling_s
    assert folder is not None, "an order has at least one case"
    _finish(folder, time.monotonic() - started, sampling_s)
    return folder


def _write_down(step: Step, order: Order, folder: Path) -> None:
    """Add a visit to the journal, unless it is there already or measured nothing."""
    if step.added is None:
        return
    columns = {name: runs.by_column(taken) for name, taken in step.added.items()}
    rows = [row.as_dict() for row in step.rows]
    key = order.key_of(step.planned)
    journal.append(folder, {"key": key, "rows": rows, "samples": columns, "spent_s": step.spent_s})


def _calibrated(crew: Crew, cases: list[PlannedCase], folder: Path) -> tuple[Calibration, ...]:
    """The ceilings of the run: those in its run.json, with what was still missing measured and written there."""
    meta = runs.read_meta(folder)
    try:
        known = tuple(map(Calibration.from_dict, meta.get("calibration", ())))
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{folder / runs.META_NAME} is damaged: {error!r}") from error
    calibrations = calibrate(crew, (planned.case for planned in cases), known)
    try:
        runs.write_meta(folder, {**meta, "calibration": [c.to_dict() for c in calibrations]})
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error
    return calibrations


def _meta(order: Order, environment: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": order.config.name,
        "command": order.command,
        "configuration": {**order.config.as_dict(), "candidates": list(order.implementations)},
        "skipped": list(order.skipped),
        "settings": {
            "threads": order.settings.threads,
            "load": [str(path.resolve()) for path in order.settings.load],
        },
        "environment": environment,
    }


def _finish(folder: Path, wall_s: float, sampling_s: float) -> None:
    meta = runs.read_meta(folder)
    finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    spent = {
        "wall_s": wall_s + (meta.get("wall_s") or 0.0),
        "sampling_s": sampling_s + (meta.get("sampling_s") or 0.0),
    }
    try:
        runs.write_meta(folder, {**meta, **spent, "finished_utc": finished})
        runs.write_tables(runs.load(folder))
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error


def failures(rows: Iterable[Row]) -> list[Row]:
    """Rows that are wrong, or ended otherwise than by a result or a reason not to run."""
    return [row for row in rows if row.status not in ("ok", "unsupported")]
