"""The whole comparison: what is asked, what came of it, and the file that remembers it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.calibration.value import Calibration
from bench.errors import InfrastructureError
from bench.kernels import processes
from bench.kernels.goals import Finding, findings
from bench.kernels.ratios import compare
from bench.kernels.shapes import Shape
from bench.kernels.summary import Standing, standings
from bench.kernels.trial import RIVALS, Candidate, Measured, Question
from bench.store.runs import require_writable
from bench.worker.crew import Crew
from bench.worker.protocol import Calibrate
from bench.worker.settings import Settings
from impls import registry
from impls.interface import LAYOUTS

FORMAT_VERSION = "1.0"
# Seconds of timing a shape, all candidates together.
FULL_S, QUICK_S = 1.5, 1.0
# Not measured unless they are named: the textbook's loops, and what only chooses among the others.
_NOT_KERNELS = ("loops", "auto")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Benchmark:
    """All outcomes, and the machine they are of."""

    environment: dict[str, Any]
    calibration: Calibration | None
    own: tuple[str, ...]
    measured: tuple[Measured, ...]
    wall_s: float

    @property
    def findings(self) -> list[Finding]:
        return findings(self.measured)

    @property
    def standings(self) -> list[Standing]:
        return standings(self.measured, self.own, self.calibration)

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
                for layout in LAYOUTS
                for rival in RIVALS
                if (pair := compare(m, (name,), rival, (layout,))) is not None
            ],
            "shapes": [m.as_dict() for m in self.measured],
        }


def header(environment: dict[str, Any], wall_s: float) -> dict[str, Any]:
    """What every file of results begins with."""
    return {
        "format_version": FORMAT_VERSION,
        "created_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "environment": environment,
        "wall_s": wall_s,
    }


def own_kernels(patterns: Sequence[str]) -> tuple[str, ...]:
    """Our implementations by patterns of names as elsewhere ("*", "-name"); all kernels of the CPU without any.

    Raises UnknownImplementation for a name that is not there, or if nothing is left beside the rivals.
    """
    rivals = tuple(f"-{name}" for name in RIVALS)
    if patterns:
        return registry.select((*patterns, *rivals))
    known = (name for name in (*_NOT_KERNELS, "cudnn") if name in registry.names())
    return registry.select(("*", *rivals, *(f"-{name}" for name in known)))


def ask(shapes: Iterable[Shape], own: Sequence[str], max_seconds: float, seed: int) -> list[Question]:
    """A question for each shape: all candidates, in both layouts."""
    candidates = tuple(Candidate(name, layout) for name in (*own, *RIVALS) for layout in LAYOUTS)
    return [Question(shape, candidates, seed + number, max_seconds) for number, shape in enumerate(shapes)]


def conditions(settings: Settings, precisions: Iterable[str]) -> tuple[dict[str, Any], Calibration]:
    """The machine as a worker finds it, and its ceilings in these precisions."""
    with Crew(settings, 1) as crew:
        return crew.start(), crew.calibrate(Calibrate("cpu", tuple(dict.fromkeys(precisions))))


def run(questions: Sequence[Question], own: Sequence[str], settings: Settings, progress: Progress) -> Benchmark:
    """Ask everything. Raises InfrastructureError if no process starts."""
    started = time.monotonic()
    environment, calibration = conditions(settings, (q.shape.precision for q in questions))
    measured = []
    for number, found in enumerate(processes.answers(questions, settings), 1):
        measured.append(found)
        faults = [f"{o.candidate} {o.status}: {o.reason}" for o in found.faults]
        label = f"{number} of {len(questions)}: {found.shape.kind}, {found.shape.name}"
        progress("; ".join([f"{label}, {found.wall_s:.1f} s", *faults]))
    return Benchmark(environment, calibration, tuple(own), tuple(measured), time.monotonic() - started)


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
