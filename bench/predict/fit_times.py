"""Measures shapes for the model of `auto`, and adds their times to a file.

The file has a JSON object a line: first the machine, then one for each shape, with the seconds of every implementation
in each layout, and whether it was chosen (a random one is the next of its seed). A line is written as soon as its shape
is measured, so that a run may be ended at any time.
"""

from __future__ import annotations

import json
import lzma
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import impls
from bench.bounds import json_value
from bench.errors import UsageError
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult, ShapeTrial, hold_trials
from bench.predict.regret import known_choices
from bench.worker.client import environment_of
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome
from impls.interface import LAYOUTS

# Seconds of timing a shape. For a choice, twice as many shapes are worth more than shapes timed for twice as long.
SECONDS = 0.25
# Longer timing also makes new plans: where a plan's buffers lie in memory changes its time.
_SECONDS_A_DRAW = 0.33
# An implementation that is far slower than this one in its better layout is timed by one call.
_REFERENCE = ("torch",)
_FAST = 0.25
# Times may be fitted together if these agree.
MACHINE = ("cpu", "threads", "simd", "torch", "numba", "convcost")


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How shapes are measured.

    `ends_at` is the latest time, of time.monotonic. `is_chosen` says that the model asked for these shapes. `progress`
    prints faults.
    """

    ends_at: float
    is_chosen: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """One shape in one layout: seconds by implementation."""

    case: impls.Case
    times_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Kept:
    """The contents of a file: the machine, and the measured shapes, seed by seed."""

    machine: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]

    def drawn(self, seed: int) -> int:
        """The number of random shapes of a seed."""
        return sum(line["seed"] == seed and not line.get("chosen") for line in self.lines)

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
    """Read a file of times, compressed if it ends in .xz. Raises UsageError for a file with other contents."""
    try:
        raw = lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()
        first, *rest = map(json_value, _whole(raw.decode("utf-8")).splitlines())
        return Kept(first["machine"], tuple(rest))
    except (lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} holds no times of shapes; name another with --times") from error


def _whole(text: str) -> str:
    """The text without an incomplete last line: the run was ended while it was written."""
    return text[: text.rfind("\n") + 1]


def measure(file: Path, asked: Sequence[ShapeTrial], seed: int, settings: Settings, way: Measuring) -> None:
    """Hold the trials in one process until the time is up, and add their times to the file."""
    with (
        closing(hold_trials(asked, settings, len(asked))) as found,
        file.open("a", encoding="utf-8") as kept,
    ):
        for result in found:
            line = {**_line(result, seed, way.progress), "chosen": way.is_chosen}
            kept.write(json.dumps(line, separators=(",", ":")) + "\n")
            kept.flush()
            if time.monotonic() > way.ends_at:
                break


def begin(file: Path, settings: Settings) -> Kept:
    """What a file has; a missing one is begun. Raises UsageError if its times were measured on another machine."""
    here = environment_of(settings)
    machine = {key: here.get(key) for key in MACHINE}
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_text(json.dumps({"machine": machine}) + "\n", encoding="utf-8")
        return Kept(machine, ())
    kept = read(file)
    if kept.machine != machine:
        was, now = (", ".join(f"{key} {value}" for key, value in m.items()) for m in (kept.machine, machine))
        raise UsageError(f"{file} was measured with {was}; here are {now}; name another file with --times")
    with file.open("r+", encoding="utf-8", newline="") as opened:
        whole = _whole(opened.read())
        opened.truncate(len(whole.encode("utf-8")))
    return kept


def trial(shape: Shape, seed: int, seconds: float = SECONDS) -> ShapeTrial:
    """A shape in both layouts, with all implementations that `auto` chooses among."""
    entrants = tuple(Entrant(name, layout) for name in known_choices() for layout in LAYOUTS)
    draws = max(1, round(seconds / _SECONDS_A_DRAW))
    return ShapeTrial.of(shape, entrants, seed, seconds, _REFERENCE, draws)


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
