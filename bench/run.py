"""The loop: cases to the worker, outcomes to rows, rows to the journal.

With a budget there is a second pass: the least certain cases are visited again, and their rows made anew from the
samples of all visits. Cases are grouped by threads, one crew after another; each group has its part of the budget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import budget
from bench.calibration.needs import calibrate
from bench.calibration.value import Calibration
from bench.cost.roofline import with_roofline
from bench.errors import InfrastructureError
from bench.rows import case_key, case_seed, make_row, with_break_even, with_ratios
from bench.store import journal, runs, visits
from bench.store.schema import Row
from bench.store.visits import Visited
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.worker.crew import Crew, Merged
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
    crew: Crew,
    planned: PlannedCase,
    order: Order,
    calibrations: tuple[Calibration, ...] = (),
    *,
    timed: bool = True,
    max_seconds: float | None = None,
    before: Visited = Visited(),  # noqa: B008
) -> tuple[list[Row], dict[str, Any]]:
    """Rows of one case and, by implementation, the raw samples that this visit added.

    A case that was visited before is measured again by those that are unsure, and its rows come of all samples.
    """
    config, settings = order.config, crew.settings
    known = [Row(**row) for row in before.rows]
    task = Task(
        planned.case,
        budget.to_visit(known, config.target_rel_ci) if known else order.implementations,
        case_seed(planned.case, settings.threads, config.seed),
        (max_seconds or config.max_seconds) if timed else None,
        config.target_rel_ci,
        config.cache,
    )
    merged = crew.run(task)
    added = visits.continued(before.samples, {m.outcome.implementation: list(m.samples) for m in merged if m.samples})
    samples = {name: [*before.samples.get(name, ()), *added.get(name, ())] for name in {**before.samples, **added}}
    fresh = [_row(planned, m, samples, order, crew) for m in merged]
    rows = _updated(known, fresh)
    return with_roofline(with_break_even(with_ratios(rows, samples)), calibrations), added


def _row(planned: PlannedCase, merged: Merged, samples: visits.Samples, order: Order, crew: Crew) -> Row:
    """The row of one implementation, from its samples of all visits if it is still right."""
    taken = samples.get(merged.outcome.implementation, ()) if merged.outcome.status == "ok" else ()
    together = replace(merged, samples=tuple(taken))
    return make_row(planned, together, crew.settings, order.config.seed, order.config.cache)


def _updated(known: list[Row], fresh: list[Row]) -> list[Row]:
    """The rows of a case after a visit: those that it made anew in the place of the old ones."""
    if not known:
        return fresh
    visited = {row.implementation: row for row in fresh}
    return [visited.get(row.implementation, row) for row in known]


def key_of(planned: PlannedCase, order: Order) -> str:
    """What a case of this order is called in the journal."""
    return case_key(planned.case, threads_of(planned, order), order.config.cache)


def threads_of(planned: PlannedCase, order: Order) -> int:
    """Threads of the workers that measure a case."""
    return planned.threads or order.settings.threads


def by_threads(order: Order) -> dict[int, list[PlannedCase]]:
    """The cases by the threads of their workers, in the order in which they are measured."""
    groups: dict[int, list[PlannedCase]] = {}
    for planned in order.cases:
        groups.setdefault(threads_of(planned, order), []).append(planned)
    return groups


def validate(order: Order) -> Iterator[list[Row]]:
    """Rows of every case proven right or wrong, without timing."""
    with Crew(order.settings, order.config.processes) as crew:
        for planned in order.cases:
            yield measure_case(crew, planned, order, timed=False)[0]


def sweep(order: Order, results: Path, progress: Progress, resume: Path | None = None) -> Path:
    """Measure every case and return the run's folder; with `resume`, what its journal lacks.

    Raises InfrastructureError if the worker cannot start or the folder cannot be written.
    """
    started = time.monotonic()
    folder, sampling_s = resume, 0.0
    for threads, cases in by_threads(order).items():
        with Crew(replace(order.settings, threads=threads), order.config.processes) as crew:
            # Of the whole run, whichever of its groups is the first to be measured now.
            environment = {**crew.start(), "threads": order.settings.threads}
            if folder is None:
                folder = runs.create(results, order.config.name, _meta(order, environment))
            elif folder == resume:
                runs.require_same_machine(folder, environment)
            _Group(order, crew, folder, progress, _calibrated(crew, cases, folder)).measure(cases)
            sampling_s += crew.sampling_s
    assert folder is not None, "an order has at least one case"
    _finish(folder, time.monotonic() - started, sampling_s)
    return folder


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


class _Group:
    """The cases of one crew, and what is known of them."""

    def __init__(
        self, order: Order, crew: Crew, folder: Path, progress: Progress, calibrations: tuple[Calibration, ...]
    ) -> None:
        self._order, self._crew, self._folder, self._progress = order, crew, folder, progress
        self._calibrations = calibrations
        self._known = visits.read(folder)

    def measure(self, cases: list[PlannedCase]) -> None:
        """Visit every case that was not, then spend what is left of the budget on the least certain."""
        config = self._order.config
        first_s = budget.first_visit_s(config.budget_s, len(self._order.cases), config.max_seconds)
        for planned in cases:
            if self._key(planned) in self._known:
                self._progress(planned, self._rows(planned))
            else:
                self._visit(planned, first_s)
        if config.budget_s is not None:
            self._second_pass(cases, config.budget_s * len(cases) / len(self._order.cases))

    def _second_pass(self, cases: list[PlannedCase], budget_s: float) -> None:
        config = self._order.config
        while True:
            left_s = budget_s - sum(self._known[self._key(planned)].spent_s for planned in cases)
            index = budget.widest([self._rows(planned) for planned in cases], config.target_rel_ci)
            visit_s = budget.next_visit_s(left_s, config.max_seconds)
            if index is None or visit_s is None:
                return
            self._visit(cases[index], visit_s)

    def _visit(self, planned: PlannedCase, max_seconds: float) -> None:
        """Measure a case, write down what came of it at once, and say so."""
        key, started = self._key(planned), time.monotonic()
        before = self._known.get(key, Visited())
        rows, samples = measure_case(
            self._crew, planned, self._order, self._calibrations, max_seconds=max_seconds, before=before
        )
        plain, spent_s = [row.as_dict() for row in rows], time.monotonic() - started
        columns = {name: runs.by_column(taken) for name, taken in samples.items()}
        journal.append(self._folder, {"key": key, "rows": plain, "samples": columns, "spent_s": spent_s})
        self._known[key] = before.then(plain, samples, spent_s)
        self._progress(planned, rows)

    def _key(self, planned: PlannedCase) -> str:
        return key_of(planned, self._order)

    def _rows(self, planned: PlannedCase) -> list[Row]:
        return [Row(**row) for row in self._known[self._key(planned)].rows]


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
