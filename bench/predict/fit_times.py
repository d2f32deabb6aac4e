"""Times of random shapes for the model of `auto`: measured until the time is up, kept in a file that later runs add to.

The file has a JSON object a line: first the machine, then one for each shape, with the seconds of every implementation
in each layout. A line is written as soon as its shape is measured, so that a run may be ended at any time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import impls
from bench.errors import UsageError
from bench.kernels import processes
from bench.kernels.trial import Candidate, Measured, Outcome, Question
from bench.predict.random_shapes import shapes
from bench.predict.regret import SHAPES_A_PROCESS, known_choices
from bench.qualify.whole_runs import environment
from bench.worker.settings import Settings
from impls.interface import LAYOUTS

# Of timing a shape. One draw: of twice as many shapes a choice is half as far off, of twice as many plans it is not.
SECONDS, DRAWS = 0.25, 1
# Its better layout says what is far behind, and is called once only.
_REFERENCE = ("torch",)
_FAST = 0.25
# Times of which may stand in one fit.
MACHINE = ("cpu", "threads", "simd", "torch", "numba", "convcost")


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Timed:
    """One shape in one layout: seconds by implementation."""

    case: impls.Case
    times_s: Mapping[str, float]

    @property
    def best_s(self) -> float:
        return min(self.times_s.values())


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: the machine, and the shapes as they were measured, seed by seed."""

    machine: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]

    @property
    def seeds(self) -> list[int]:
        return sorted({line["seed"] for line in self.lines})

    @property
    def timed(self) -> list[Timed]:
        """Each shape and layout of which there are times."""
        return [
            Timed(impls.Case(impls.ConvProblem.parse(line["descriptor"]), line["precision"], layout), times)
            for line in self.lines
            for layout, times in line["times_s"].items()
            if times
        ]


def read(file: Path) -> Kept:
    """Raises UsageError for a file that holds something else."""
    try:
        first, *rest = map(json.loads, _whole(file.read_text(encoding="utf-8")).splitlines())
        return Kept(first["machine"], tuple(rest))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} holds no times of shapes; name another with --times") from error


def _whole(text: str) -> str:
    """Without a last line that is not whole: the run was ended while it was written."""
    return text[: text.rfind("\n") + 1]


def add(file: Path, seed: int, count: int, minutes: float, settings: Settings, progress: Progress) -> None:
    """Measure `count` more shapes of a seed, or as many as there are minutes, and add them to the file.

    Raises UsageError if what it holds was measured on another machine.
    """
    machine = {key: environment(settings).get(key) for key in MACHINE}
    done = _begin(file, machine, seed)
    until = time.monotonic() + 60 * minutes
    asked = questions(done + count, seed)[done:]
    with (
        closing(processes.answers(asked, settings, SHAPES_A_PROCESS)) as found,
        file.open("a", encoding="utf-8") as kept,
    ):
        for number, measured in enumerate(found, 1):
            kept.write(json.dumps(_line(measured, seed, progress), separators=(",", ":")) + "\n")
            kept.flush()
            if number % SHAPES_A_PROCESS == 0:
                progress(
                    f"{done + number} shapes of seed {seed}, {max(0.0, until - time.monotonic()) / 60:.1f} minutes left"
                )
            if time.monotonic() > until:
                break


def _begin(file: Path, machine: Mapping[str, Any], seed: int) -> int:
    """How many shapes of this seed the file holds; one that is not there is begun."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_text(json.dumps({"machine": machine}) + "\n", encoding="utf-8")
        return 0
    kept = read(file)
    if kept.machine != machine:
        was, here = (", ".join(f"{key} {value}" for key, value in m.items()) for m in (kept.machine, machine))
        raise UsageError(f"{file} was measured with {was}; here are {here}; name another file with --times")
    with file.open("r+", encoding="utf-8", newline="") as opened:
        whole = _whole(opened.read())
        opened.truncate(len(whole.encode("utf-8")))
    return sum(line["seed"] == seed for line in kept.lines)


def questions(count: int, seed: int) -> list[Question]:
    """Random shapes in both layouts, all that `auto` chooses among."""
    candidates = tuple(Candidate(name, layout) for name in known_choices() for layout in LAYOUTS)
    return [
        Question(shape, candidates, seed + number, SECONDS, _REFERENCE, DRAWS)
        for number, shape in enumerate(shapes(count, seed))
    ]


def _line(measured: Measured, seed: int, progress: Progress) -> dict[str, Any]:
    for fault in measured.faults:
        progress(
            f"{fault.candidate} on {measured.shape.problem.descriptor}, {measured.shape.precision}: {fault.reason}"
        )
    times: dict[str, dict[str, float]] = {layout: {} for layout in LAYOUTS}
    for outcome in measured.outcomes:
        if outcome.samples:
            times[outcome.candidate.layout][outcome.candidate.implementation] = _fast_s(outcome)
    shape = {"descriptor": measured.shape.problem.descriptor, "precision": measured.shape.precision}
    return {"seed": seed, **shape, "measured_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "times_s": times}


def _fast_s(outcome: Outcome) -> float:
    """What it takes when nothing else runs: the lower quartile, as others only ever make it slower."""
    return float(f"{np.quantile([s for _, _, s in outcome.samples], _FAST):.4g}")
