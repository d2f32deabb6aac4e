"""Runs the whole comparison, and writes the file that keeps it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, OutOfTime
from bench.estimates.conclusion import Conclusion
from bench.kernels.busy import BusyResult, busy_results
from bench.kernels.goals import GoalResult, goal_results
from bench.kernels.ratios import compare
from bench.kernels.shapes import Shape
from bench.kernels.suite import SUITES, Suite
from bench.kernels.summary import ClassMeans, class_means
from bench.kernels.trials import ShapeResult, ShapeTrial, hold_trials, of_all_runs
from bench.machine.bursts import one_busy_core
from bench.machine.load import LoadWatch, is_busy
from bench.store.runs import require_writable
from bench.worker.client import Worker
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings
from bench.worker.trial import DRAWS, Entrant

# The first part is raised when a key changes its meaning, the second when one is added.
FORMAT_VERSION = "2.1"
# Seconds of timing a shape, all entrants and all runs together.
FULL_S, QUICK_S = 1.5, 1.0
# Shapes of one run share its processes and its hour: fewer runs do not tell by how much results differ.
RUNS = 3

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Benchmark:
    """All results and the machine they were measured on; `left_out` are shapes that the limit left no time for.

    `results` has one for each shape, with the samples of all runs; `runs` of the `asked_runs` were finished. `others`
    is the mean number of processors that other programs used meanwhile, None if the system does not tell. `busy` has
    the results of the same trials with one core kept busy, empty if none was.
    """

    environment: dict[str, Any]
    calibration: Calibration | None
    own: tuple[str, ...]
    results: tuple[ShapeResult, ...]
    wall_s: float
    suite: Suite = SUITES["cpu"]
    left_out: tuple[Shape, ...] = ()
    others: float | None = None
    runs: int = 1
    asked_runs: int = 1
    busy: tuple[ShapeResult, ...] = ()

    @property
    def busy_results(self) -> list[BusyResult]:
        return busy_results(self.results, self.busy, self.suite.goals)

    @property
    def goal_results(self) -> list[GoalResult]:
        return goal_results(self.results, self.suite.goals, self.left_out, was_busy=is_busy(self.others))

    @property
    def class_means(self) -> list[ClassMeans]:
        return class_means(self.results, self.own, self.calibration, self.suite)

    @property
    def is_fine(self) -> bool:
        """Whether no limit is missed and no entrant is wrong, failed, crashed or timed out."""
        verdicts = {*(one.verdict for one in self.goal_results), *(one.verdict for one in self.busy_results)}
        return Conclusion.NOT_MET not in verdicts and not any(r.faults for r in (*self.results, *self.busy))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: verdicts, class by class, and every ratio of every shape with the samples behind it."""
        return {
            **header(self.environment, self.wall_s),
            "others_processors": self.others,
            "runs": self.runs,
            "list": self.suite.list_name,
            "calibration": self.calibration.to_dict() if self.calibration else None,
            "limits": [goal.as_dict() for goal in self.goal_results],
            "busy": [one.as_dict() for one in self.busy_results],
            "classes": [means.as_dict() for means in self.class_means],
            "ratios": [
                {"class": r.shape.kind, "precision": r.shape.precision, **pair.as_dict()}
                for r in self.results
                for name in self.own
                for layout in self.suite.layouts
                for rival in self.suite.rivals
                if (pair := compare(r, (name,), rival, (layout,))) is not None
            ],
            "shapes": [result.as_dict() for result in self.results],
            "busy_shapes": [result.as_dict() for result in self.busy],
            "left_out": [shape.as_dict() for shape in self.left_out],
        }


def header(environment: dict[str, Any], wall_s: float) -> dict[str, Any]:
    """The first keys of every file of results."""
    return {
        "format_version": FORMAT_VERSION,
        "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "environment": environment,
        "wall_s": wall_s,
    }


def trials_of(
    shapes: Iterable[Shape],
    own: Sequence[str],
    max_seconds: float,
    seed: int,
    suite: Suite = SUITES["cpu"],
    runs: int = 1,
) -> list[ShapeTrial]:
    """The trials of one of several runs, one for each shape: all implementations, in all layouts.

    `max_seconds` is for a shape in all runs together, and so are the draws.
    """
    entrants = tuple(Entrant(name, layout) for name in (*own, *suite.rivals) for layout in suite.layouts)
    return [
        ShapeTrial.of(shape, entrants, seed + number, max_seconds / runs, suite.rivals, max(1, DRAWS // runs))
        for number, shape in enumerate(shapes)
    ]


def conditions(
    settings: Settings, precisions: Iterable[str], device: str = "cpu"
) -> tuple[dict[str, Any], Calibration]:
    """The machine as a worker finds it, and its ceilings in these precisions."""
    with Worker(settings) as worker:
        return worker.start(), worker.calibrate(Calibrate(device, tuple(dict.fromkeys(precisions))))


def run(
    trials: Sequence[ShapeTrial],
    own: Sequence[str],
    settings: Settings,
    progress: Progress,
    suite: Suite = SUITES["cpu"],
    limit_s: float = math.inf,
    runs: int = 1,
    *,
    busy_core: bool = False,
) -> Benchmark:
    """Hold all trials once a run, or as many as the limit allows, each run in processes of its own.

    With `busy_core` each run is followed by one of the same trials with one core kept busy in bursts. Raises as
    `hold_trials` does, but not OutOfTime.
    """
    started, watch = time.monotonic(), LoadWatch()
    environment, calibration = conditions(settings, (asked.shape.precision for asked in trials), suite.device)
    found: list[ShapeResult] = []
    busy: list[ShapeResult] = []

    def hold(run: int, into: list[ShapeResult], words: str) -> None:
        said = f"run {run + 1} of {runs}, {words}" if runs > 1 else words
        for number, result in enumerate(hold_trials(_of_run(trials, run), settings, ends_at=started + limit_s), 1):
            into.append(result.in_run(run))
            progress(f"{said}{number} of {len(trials)}: {_line(result)}")

    with suppress(OutOfTime):
        for run in range(runs):
            hold(run, found, "")
            if busy_core:
                with one_busy_core(run):
                    hold(run, busy, "one core busy, ")
    left_out = tuple(asked.shape for asked in trials[len(found) :])
    wall_s, finished = time.monotonic() - started, len(found) // len(trials)
    return Benchmark(
        environment,
        calibration,
        tuple(own),
        of_all_runs(found),
        wall_s,
        suite,
        left_out,
        watch.others(),
        finished,
        runs,
        of_all_runs(busy),
    )


def _of_run(trials: Sequence[ShapeTrial], run: int) -> list[ShapeTrial]:
    """The trials of a run: with seeds of its own, so with other inputs and another order of blocks."""
    return [replace(asked, trial=replace(asked.trial, seed=asked.trial.seed + run * len(trials))) for asked in trials]


def _line(result: ShapeResult) -> str:
    """A shape, how long its trial took, and its faults."""
    faults = [f"{o.entrant} {o.status}: {o.reason}" for o in result.faults]
    return "; ".join([f"{result.shape.kind}, {result.shape.name}, {result.wall_s:.1f} s", *faults])


def require_place(results: Path) -> Path:
    """The folder of the comparisons. Raises InfrastructureError if it cannot be written."""
    folder = results / "kernels"
    require_writable(folder)
    return folder


def store(data: dict[str, Any], results: Path, suffix: str = "") -> Path:
    """Write results/kernels/<utc>-<host><suffix>.json. Raises InfrastructureError if it cannot be written."""
    host = data["environment"].get("host") or "host"
    file = require_place(results) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host}{suffix}.json"
    try:
        file.write_text(json.dumps(data, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return file
