"""The loop: cases to the worker, outcomes to rows, rows to the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError
from bench.rows import case_key, case_seed, make_row, with_break_even, with_ratios
from bench.store import journal, runs
from bench.store.schema import Row
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.worker.crew import Crew
from bench.worker.protocol import Task
from bench.worker.settings import Settings

Progress = Callable[[PlannedCase, list[Row]], None]


@dataclass(frozen=True, slots=True)
class Order:
    """A sweep ready to run: its configuration, cases and candidates, and the worker's settings."""

    config: Config
    cases: tuple[PlannedCase, ...]
    implementations: tuple[str, ...]
    settings: Settings
    command: str
    skipped: tuple[str, ...] = ()


def measure_case(
    crew: Crew, planned: PlannedCase, order: Order, *, timed: bool = True
) -> tuple[list[Row], dict[str, Any]]:
    """Rows of one case and, by implementation, the raw samples behind them."""
    threads = order.settings.threads
    seed = case_seed(planned.case, threads, order.config.seed)
    task = Task(
        planned.case,
        order.implementations,
        seed,
        order.config.max_seconds if timed else None,
        order.config.target_rel_ci,
        order.config.cache,
    )
    merged = crew.run(task)
    rows = [make_row(planned, m, order.settings, order.config.seed, order.config.cache) for m in merged]
    samples = {m.outcome.implementation: list(m.samples) for m in merged if m.samples}
    return with_break_even(with_ratios(rows, samples)), samples


def key_of(planned: PlannedCase, order: Order) -> str:
    """What a case of this order is called in the journal."""
    return case_key(planned.case, order.settings.threads, order.config.cache)


def validate(order: Order) -> Iterator[list[Row]]:
    """Rows of every case proven right or wrong, without timing."""
    with Crew(order.settings, order.config.processes) as crew:
        for planned in order.cases:
            yield measure_case(crew, planned, order, timed=False)[0]


def sweep(order: Order, results: Path, progress: Progress, resume: Path | None = None) -> Path:
    """Measure every case and return the run's folder; with `resume`, those that its journal lacks.

    Raises InfrastructureError if the worker cannot start or the folder cannot be written.
    """
    started = time.monotonic()
    with Crew(order.settings, order.config.processes) as crew:
        environment = crew.start()
        if resume:
            runs.require_same_machine(resume, environment)
        folder = resume or runs.create(results, order.config.name, _meta(order, environment))
        done = {record["key"]: record for record in journal.read(folder)}
        for planned in order.cases:
            key = key_of(planned, order)
            if key in done:
                progress(planned, [Row(**row) for row in done[key]["rows"]])
                continue
            rows, samples = measure_case(crew, planned, order)
            columns = {name: runs.by_column(taken) for name, taken in samples.items()}
            journal.append(folder, {"key": key, "rows": [row.as_dict() for row in rows], "samples": columns})
            progress(planned, rows)
    _finish(folder, time.monotonic() - started)
    return folder


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


def _finish(folder: Path, wall_s: float) -> None:
    meta = runs.read_meta(folder)
    finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wall_s += meta.get("wall_s") or 0.0
    try:
        runs.write_meta(folder, {**meta, "wall_s": wall_s, "finished_utc": finished})
        runs.write_tables(runs.load(folder))
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error


def failures(rows: Iterable[Row]) -> list[Row]:
    """Rows that are wrong, or ended otherwise than by a result or a reason not to run."""
    return [row for row in rows if row.status not in ("ok", "unsupported")]
