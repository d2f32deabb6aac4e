"""Measures random shapes for the model of `auto` until the time is up, and adds their times to a file.

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
from bench.kernels.trials import ShapeResult, ShapeTrial, hold_trials
from bench.predict.random_shapes import shapes
from bench.predict.regret import SHAPES_A_PROCESS, known_choices
from bench.worker.client import environment_of
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome
from impls import wording
from impls.interface import LAYOUTS

# Seconds of timing a shape. One draw: twice as many shapes make a choice twice as good, twice as many plans do not.
SECONDS, DRAWS = 0.25, 1
# An implementation that is far slower than this one in its better layout is timed by one call.
_REFERENCE = ("torch",)
_FAST = 0.25
# Times may be fitted together if these agree.
MACHINE = ("cpu", "threads", "simd", "torch", "numba", "convcost")


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """One shape in one layout: seconds by implementation."""

    case: impls.Case
    times_s: Mapping[str, float]

    @property
    def best_s(self) -> float:
        return min(self.times_s.values())


@dataclass(frozen=True, slots=True)
class Kept:
    """The contents of a file: the machine, and the measured shapes, seed by seed."""

    machine: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]

    @property
    def seeds(self) -> list[int]:
        return sorted({line["seed"] for line in self.lines})

    @property
    def timed(self) -> list[CaseTimes]:
        """Each shape and layout with times."""
        return [
            CaseTimes(impls.Case(impls.ConvProblem.parse(line["descriptor"]), line["precision"], layout), times)
            for line in self.lines
            for layout, times in line["times_s"].items()
            if times
        ]


def read(file: Path) -> Kept:
    """Read a file of times. Raises UsageError for a file with other contents."""
    try:
        first, *rest = map(json.loads, _whole(file.read_text(encoding="utf-8")).splitlines())
        return Kept(first["machine"], tuple(rest))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} holds no times of shapes; name another with --times") from error


def _whole(text: str) -> str:
    """The text without an incomplete last line: the run was ended while it was written."""
    return text[: text.rfind("\n") + 1]


def add(file: Path, seed: int, count: int, minutes: float, settings: Settings, progress: Progress) -> None:
    """Measure `count` more shapes of a seed, or as many as the minutes allow, and add them to the file.

    Raises UsageError if its times were measured on another machine.
    """
    here = environment_of(settings)
    machine = {key: here.get(key) for key in MACHINE}
    done = _begin(file, machine, seed)
    until = time.monotonic() + 60 * minutes
    asked = trials(done + count, seed)[done:]
    with (
        closing(hold_trials(asked, settings, SHAPES_A_PROCESS)) as found,
        file.open("a", encoding="utf-8") as kept,
    ):
        for number, result in enumerate(found, 1):
            kept.write(json.dumps(_line(result, seed, progress), separators=(",", ":")) + "\n")
            kept.flush()
            if number % SHAPES_A_PROCESS == 0:
                left_min = max(0.0, until - time.monotonic()) / 60
                progress(f"{wording.count(done + number, 'shape')} of seed {seed}, {left_min:.1f} minutes left")
            if time.monotonic() > until:
                break


def _begin(file: Path, machine: Mapping[str, Any], seed: int) -> int:
    """The number of shapes of this seed in the file; a missing file is begun."""
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


def trials(count: int, seed: int) -> list[ShapeTrial]:
    """Random shapes in both layouts, with all implementations that `auto` chooses among."""
    entrants = tuple(Entrant(name, layout) for name in known_choices() for layout in LAYOUTS)
    return [
        ShapeTrial.of(shape, entrants, seed + number, SECONDS, _REFERENCE, DRAWS)
        for number, shape in enumerate(shapes(count, seed))
    ]


def _line(result: ShapeResult, seed: int, progress: Progress) -> dict[str, Any]:
    for fault in result.faults:
        progress(f"{fault.entrant} on {result.shape.problem.descriptor}, {result.shape.precision}: {fault.reason}")
    times: dict[str, dict[str, float]] = {layout: {} for layout in LAYOUTS}
    for outcome in result.outcomes:
        if outcome.samples:
            times[outcome.entrant.layout][outcome.entrant.implementation] = _fast_s(outcome)
    shape = {"descriptor": result.shape.problem.descriptor, "precision": result.shape.precision}
    return {"seed": seed, **shape, "measured_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "times_s": times}


def _fast_s(outcome: EntrantOutcome) -> float:
    """The time when nothing else runs: the lower quartile, since other work can only slow it down."""
    return float(f"{np.quantile([sample.time_s for sample in outcome.samples], _FAST):.4g}")
