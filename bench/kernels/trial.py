"""What is asked of a measuring process, and what it answers: one shape, all candidates together."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.kernels.shapes import Shape
from impls import ConvProblem

# Each with plans made anew: where they come to lie in memory is drawn with them.
DRAWS = 3
# Blocks in each draw, at least.
LEAST_BLOCKS = 2


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """An implementation and the layout that its input lies in and its output shall lie in."""

    implementation: str
    layout: str

    def __str__(self) -> str:
        return f"{self.implementation} {self.layout}"


@dataclass(frozen=True, slots=True)
class Question:
    """Prove and time candidates on a shape. `rivals` are timed however slow they are."""

    shape: Shape
    candidates: tuple[Candidate, ...]
    seed: int
    max_seconds: float
    rivals: tuple[str, ...]
    draws: int = DRAWS

    def as_dict(self) -> dict[str, Any]:
        return {
            "shape": shape_to_dict(self.shape),
            "candidates": [[c.implementation, c.layout] for c in self.candidates],
            "seed": self.seed,
            "max_seconds": self.max_seconds,
            "draws": self.draws,
            "rivals": list(self.rivals),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Question:
        candidates = tuple(Candidate(*pair) for pair in data["candidates"])
        return cls(**{**data, "shape": shape_from_dict(data["shape"]), "candidates": candidates,
                      "rivals": tuple(data["rivals"])})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one candidate.

    `status` is ok, unsupported, wrong, failed, crashed or timeout, with the reason. `samples` are (draw, block, seconds
    of one call); one sample alone, if `is_single`: the candidate was far behind and was not timed further.
    """

    candidate: Candidate
    status: str
    reason: str | None = None
    backend: str | None = None
    executed_flops: int | None = None
    workspace_bytes: int | None = None
    samples: tuple[tuple[int, int, float], ...] = ()
    is_single: bool = False

    @property
    def median_s(self) -> float | None:
        return statistics.median(s for _, _, s in self.samples) if self.samples else None

    def as_dict(self) -> dict[str, Any]:
        """Flat and JSON-ready; samples by column."""
        draws, blocks, times = zip(*self.samples, strict=True) if self.samples else ((), (), ())
        return {
            "implementation": self.candidate.implementation,
            "layout": self.candidate.layout,
            "status": self.status,
            "reason": self.reason,
            "backend": self.backend,
            "executed_flops": self.executed_flops,
            "workspace_bytes": self.workspace_bytes,
            "is_single": self.is_single,
            "median_s": self.median_s,
            "samples": {"draw": list(draws), "block": list(blocks), "time_s": list(times)},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """The inverse of `as_dict`."""
        given = {k: v for k, v in data.items() if k not in ("implementation", "layout", "median_s", "samples")}
        columns = data["samples"]
        samples = tuple(zip(columns["draw"], columns["block"], columns["time_s"], strict=True))
        return cls(Candidate(data["implementation"], data["layout"]), samples=samples, **given)


@dataclass(frozen=True, slots=True)
class Measured:
    """A shape with all its outcomes."""

    shape: Shape
    outcomes: tuple[Outcome, ...]
    wall_s: float

    def timed(self, implementations: Sequence[str], layouts: Sequence[str] = ("nchw", "nhwc")) -> list[Outcome]:
        """Outcomes with times, of these implementations in these layouts."""
        return [
            o
            for o in self.outcomes
            if o.samples and o.candidate.implementation in implementations and o.candidate.layout in layouts
        ]

    def best(self, implementations: Sequence[str], layouts: Sequence[str] = ("nchw", "nhwc")) -> Outcome | None:
        """The fastest of them, by the median; None if none has a time."""
        return min(self.timed(implementations, layouts), key=lambda o: o.median_s or 0.0, default=None)

    @property
    def faults(self) -> list[Outcome]:
        """What is neither right nor refused."""
        return [o for o in self.outcomes if o.status not in ("ok", "unsupported")]

    def as_dict(self) -> dict[str, Any]:
        outcomes = [outcome.as_dict() for outcome in self.outcomes]
        return {**shape_to_dict(self.shape), "wall_s": self.wall_s, "candidates": outcomes}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Measured:
        """The inverse of `as_dict`."""
        return cls(shape_from_dict(data), tuple(map(Outcome.from_dict, data["candidates"])), data["wall_s"])


def shape_to_dict(shape: Shape) -> dict[str, Any]:
    return {
        "name": shape.name,
        "descriptor": shape.problem.descriptor,
        "class": shape.kind,
        "precision": shape.precision,
        "device": shape.device,
    }


def shape_from_dict(data: dict[str, Any]) -> Shape:
    problem = ConvProblem.parse(data["descriptor"])
    return Shape(data["name"], problem, data["class"], data["precision"], data["device"])
