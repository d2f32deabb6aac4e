"""The whole comparison: what is asked, what came of it, and the file that remembers it."""

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
from bench.kernels import processes
from bench.kernels.goals import Finding, findings
from bench.kernels.ratios import compare
from bench.kernels.shapes import Shape
from bench.kernels.suite import SUITES, Suite
from bench.kernels.summary import Standing, standings
from bench.kernels.trial import Candidate, Measured, Question, shape_to_dict
from bench.store.runs import require_writable
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings

FORMAT_VERSION = "1.0"
# Seconds of timing a shape, all candidates together.
FULL_S, QUICK_S = 1.5, 1.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Benchmark:
    """All outcomes, and the machine they are of; `left_out` are shapes for which there was no time."""

    environment: dict[str, Any]
    calibration: Calibration | None
    own: tuple[str, ...]
    measured: tuple[Measured, ...]
    wall_s: float
    suite: Suite = SUITES["cpu"]
    left_out: tuple[Shape, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        return findings(self.measured, self.suite.goals, self.left_out)

    @property
    def standings(self) -> list[Standing]:
        return standings(self.measured, self.own, self.calibration, self.suite)

    @property
    def is_fine(self) -> bool:
        """Whether no goal is missed and nothing was wrong, failed or crashed."""
        return not any(f.verdict == "not met" for f in self.findings) and not any(m.faults for m in self.measured)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: verdicts, class by class, and every ratio of every shape with the samples behind it."""
        return {
            **header(self.environment, self.wall_s),
            "calibration": self.calibration.to_dict() if self.calibration else None,
            "limits": [finding.as_dict() for finding in self.findings],
            "classes": [standing.as_dict() for standing in self.standings],
            "ratios": [
                {"class": m.shape.kind, "precision": m.shape.precision, **pair.as_dict()}
                for m in self.measured
                for name in self.own
                for layout in self.suite.layouts
                for rival in self.suite.rivals
                if (pair := compare(m, (name,), rival, (layout,))) is not None
            ],
            "shapes": [m.as_dict() for m in self.measured],
            "left_out": [shape_to_dict(shape) for shape in self.left_out],
        }


def header(environment: dict[str, Any], wall_s: float) -> dict[str, Any]:
    """What every file of results begins with."""
    return {
        "format_version": FORMAT_VERSION,
        "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "environment": environment,
        "wall_s": wall_s,
    }


def ask(
    shapes: Iterable[Shape], own: Sequence[str], max_seconds: float, seed: int, suite: Suite = SUITES["cpu"]
) -> list[Question]:
    """A question for each shape: all candidates, in all layouts."""
    candidates = tuple(Candidate(name, layout) for name in (*own, *suite.rivals) for layout in suite.layouts)
    return [
        Question(shape, candidates, seed + number, max_seconds, suite.rivals) for number, shape in enumerate(shapes)
    ]


def conditions(
    settings: Settings, precisions: Iterable[str], device: str = "cpu"
) -> tuple[dict[str, Any], Calibration]:
    """The machine as a worker finds it, and its ceilings in these precisions."""
    with Crew(settings, 1) as crew:
        return crew.start(), crew.calibrate(Calibrate(device, tuple(dict.fromkeys(precisions))))


def run(
    questions: Sequence[Question],
    own: Sequence[str],
    settings: Settings,
    progress: Progress,
    suite: Suite = SUITES["cpu"],
    limit_s: float = math.inf,
) -> Benchmark:
    """Ask everything, or as much as is answered within the limit. Raises InfrastructureError if no process starts."""
    started = time.monotonic()
    environment, calibration = conditions(settings, (q.shape.precision for q in questions), suite.device)
    measured: list[Measured] = []
    with suppress(OutOfTime):
        for number, found in enumerate(processes.answers(questions, settings, ends_at=started + limit_s), 1):
            measured.append(found)
            faults = [f"{o.candidate} {o.status}: {o.reason}" for o in found.faults]
            label = f"{number} of {len(questions)}: {found.shape.kind}, {found.shape.name}"
            progress("; ".join([f"{label}, {found.wall_s:.1f} s", *faults]))
    left_out = tuple(question.shape for question in questions[len(measured) :])
    wall_s = time.monotonic() - started
    return Benchmark(environment, calibration, tuple(own), tuple(measured), wall_s, suite, left_out)


def require_place(results: Path) -> Path:
    """The folder that comparisons are kept in. Raises InfrastructureError if it cannot be written."""
    folder = results / "kernels"
    require_writable(folder)
    return folder


def store(data: dict[str, Any], results: Path, suffix: str = "") -> Path:
    """Write results/kernels/<utc>-<host><suffix>.json. Raises InfrastructureError if that cannot be."""
    host = data["environment"].get("host") or "host"
    file = require_place(results) / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host}{suffix}.json"
    try:
        file.write_text(json.dumps(data, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}") from error
    return file
