"""Holds a trial for each shape in worker processes, and pairs the shapes with the outcomes."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.kernels.shapes import Shape
from bench.worker.client import Worker
from bench.worker.settings import Settings
from bench.worker.trial import DRAWS, Entrant, EntrantOutcome, Trial
from impls.interface import LAYOUTS

# Memory layout and code placement are drawn once a process; all shapes of one process share them.
SHAPES_A_PROCESS = 12


@dataclass(frozen=True, slots=True)
class ShapeTrial:
    """A shape and the trial to hold on it."""

    shape: Shape
    trial: Trial

    @classmethod
    def of(
        cls,
        shape: Shape,
        entrants: tuple[Entrant, ...],
        seed: int,
        max_seconds: float,
        rivals: tuple[str, ...],
        draws: int = DRAWS,
    ) -> ShapeTrial:
        trial = Trial(shape.problem, shape.precision, shape.device, entrants, seed, max_seconds, rivals, draws)
        return cls(shape, trial)


@dataclass(frozen=True, slots=True)
class ShapeResult:
    """A shape with the outcomes of all its entrants; `wall_s` is how long its trial took, lost processes included."""

    shape: Shape
    outcomes: tuple[EntrantOutcome, ...]
    wall_s: float

    def timed(self, implementations: Sequence[str], layouts: Sequence[str] = LAYOUTS) -> list[EntrantOutcome]:
        """Outcomes with times, of these implementations in these layouts."""
        return [
            o
            for o in self.outcomes
            if o.samples and o.entrant.implementation in implementations and o.entrant.layout in layouts
        ]

    def best(self, implementations: Sequence[str], layouts: Sequence[str] = LAYOUTS) -> EntrantOutcome | None:
        """The fastest of them, by the median; None if none has a time."""
        return min(self.timed(implementations, layouts), key=lambda o: o.median_s or 0.0, default=None)

    @property
    def faults(self) -> list[EntrantOutcome]:
        """Outcomes that are wrong, failed, crashed or timed out."""
        return [o for o in self.outcomes if o.status.is_fault]

    def in_run(self, run: int) -> ShapeResult:
        """The same with the number of its run on each sample."""
        outcomes = (replace(o, samples=tuple(s._replace(run=run) for s in o.samples)) for o in self.outcomes)
        return replace(self, outcomes=tuple(outcomes))

    def as_dict(self) -> dict[str, Any]:
        outcomes = [outcome.to_dict() for outcome in self.outcomes]
        return {**self.shape.as_dict(), "wall_s": self.wall_s, "candidates": outcomes}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ShapeResult:
        """The inverse of `as_dict`."""
        outcomes = tuple(map(EntrantOutcome.from_dict, data["candidates"]))
        return cls(Shape.from_dict(data), outcomes, data["wall_s"])


def hold_trials(
    trials: Sequence[ShapeTrial],
    settings: Settings,
    shapes_a_process: int = SHAPES_A_PROCESS,
    ends_at: float = math.inf,
) -> Generator[ShapeResult, None, None]:
    """The result of each trial, in order, a fresh worker for every `shapes_a_process` of them.

    Raises UsageError if a plug-in is refused, InfrastructureError if a worker does not start or a setting does not take
    effect, OutOfTime at `ends_at` (of time.monotonic).
    """
    for first in range(0, len(trials), shapes_a_process):
        with Worker(settings, ends_at) as worker:
            for asked in trials[first : first + shapes_a_process]:
                worker.start()
                started = time.monotonic()
                outcomes = tuple(worker.trial(asked.trial))
                yield ShapeResult(asked.shape, outcomes, time.monotonic() - started)


def of_all_runs(results: Iterable[ShapeResult]) -> tuple[ShapeResult, ...]:
    """The results of several runs, one for each shape: the samples of all its runs, in the order of its first one."""
    by_shape: dict[Shape, list[ShapeResult]] = {}
    for result in results:
        by_shape.setdefault(result.shape, []).append(result)
    return tuple(
        ShapeResult(
            shape,
            tuple(_in_all_runs(outcomes) for outcomes in zip(*(r.outcomes for r in found), strict=True)),
            sum(result.wall_s for result in found),
        )
        for shape, found in by_shape.items()
    )


def _in_all_runs(outcomes: Sequence[EntrantOutcome]) -> EntrantOutcome:
    """The outcome of one entrant in several runs; a fault in one of them is a fault, and leaves no samples."""
    fault = next((outcome for outcome in outcomes if outcome.status.is_fault), None)
    if fault is not None:
        return fault
    first = next((outcome for outcome in outcomes if outcome.samples), outcomes[0])
    samples = tuple(sample for outcome in outcomes for sample in outcome.samples)
    return replace(first, samples=samples, is_single=any(outcome.is_single for outcome in outcomes))
