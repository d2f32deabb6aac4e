"""Runs the whole comparison, and writes the file that keeps it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError, OutOfTime
from bench.estimates.conclusion import Conclusion
from bench.kernels.goals import GoalResult, goal_results
from bench.kernels.ratios import compare
from bench.kernels.shapes import Shape
from bench.kernels.suite import SUITES, Suite
from bench.kernels.summary import ClassMeans, class_means
from bench.kernels.trials import ShapeResult, ShapeTrial, hold_trials
from bench.machine.load import LoadWatch, is_busy
from bench.store.runs import require_writable
from bench.worker.client import Worker
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings
from bench.worker.trial import Entrant

# The second part is raised when a key is added.
FORMAT_VERSION = "1.2"
# Seconds of timing a shape, all entrants together.
FULL_S, QUICK_S = 1.5, 1.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Benchmark:
    """All results and the machine they were measured on; `left_out` are shapes that the limit left no time for.

    `others` is the mean number of processors that other programs used meanwhile, None if the system does not tell.
    """

    environment: dict[str, Any]
    calibration: Calibration | None
    own: tuple[str, ...]
    results: tuple[ShapeResult, ...]
    wall_s: float
    suite: Suite = SUITES["cpu"]
    left_out: tuple[Shape, ...] = ()
    others: float | None = None

    @property
    def goal_results(self) -> list[GoalResult]:
        return goal_results(self.results, self.suite.goals, self.left_out, was_busy=is_busy(self.others))

    @property
    def class_means(self) -> list[ClassMeans]:
        return class_means(self.results, self.own, self.calibration, self.suite)

    @property
    def is_fine(self) -> bool:
        """Whether no goal is missed and no entrant is wrong, failed, crashed or timed out."""
        missed = any(goal.verdict is Conclusion.NOT_MET for goal in self.goal_results)
        return not missed and not any(r.faults for r in self.results)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: verdicts, class by class, and every ratio of every shape with the samples behind it."""
        return {
            **header(self.environment, self.wall_s),
            "others_processors": self.others,
            "calibration": self.calibration.to_dict() if self.calibration else None,
            "limits": [goal.as_dict() for goal in self.goal_results],
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
    shapes: Iterable[Shape], own: Sequence[str], max_seconds: float, seed: int, suite: Suite = SUITES["cpu"]
) -> list[ShapeTrial]:
    """A trial for each shape: all implementations, in all layouts."""
    entrants = tuple(Entrant(name, layout) for name in (*own, *suite.rivals) for layout in suite.layouts)
    return [
        ShapeTrial.of(shape, entrants, seed + number, max_seconds, suite.rivals) for number, shape in enumerate(shapes)
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
) -> Benchmark:
    """Hold all trials, or as many as the limit allows. Raises as `hold_trials` does, but not OutOfTime."""
    started, watch = time.monotonic(), LoadWatch()
    environment, calibration = conditions(settings, (asked.shape.precision for asked in trials), suite.device)
    found: list[ShapeResult] = []
    with suppress(OutOfTime):
        for number, result in enumerate(hold_trials(trials, settings, ends_at=started + limit_s), 1):
            found.append(result)
            faults = [f"{o.entrant} {o.status}: {o.reason}" for o in result.faults]
            label = f"{number} of {len(trials)}: {result.shape.kind}, {result.shape.name}"
            progress("; ".join([f"{label}, {result.wall_s:.1f} s", *faults]))
    left_out = tuple(asked.shape for asked in trials[len(found) :])
    wall_s = time.monotonic() - started
    return Benchmark(environment, calibration, tuple(own), tuple(found), wall_s, suite, left_out, watch.others())


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
