"""The values of a kernel trial: one problem, its entrants timed against each other in the same blocks."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.store.status import Status
from impls import Case, ConvProblem

# Each with plans made anew: their places in memory are drawn with them.
DRAWS = 3


@dataclass(frozen=True, slots=True, order=True)
class Entrant:
    """An implementation, and the layout of its input and output."""

    implementation: str
    layout: str

    def __str__(self) -> str:
        return f"{self.implementation} {self.layout}"


class BlockTime(NamedTuple):
    """Seconds of one call of an entrant in one block of one draw of one run, all three from 0."""

    draw: int
    block: int
    time_s: float
    run: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Entrants to prove right on a problem, to time together, and to judge again.

    `rivals` are implementations that are timed in blocks however slow they are; `draws` is how often all plans are made
    anew. All entrants share the budget `max_seconds`.
    """

    problem: ConvProblem
    precision: str
    device: str
    entrants: tuple[Entrant, ...]
    seed: int
    max_seconds: float
    rivals: tuple[str, ...]
    draws: int = DRAWS

    def case(self, layout: str) -> Case:
        return Case(self.problem, self.precision, layout, self.device)

    def to_json(self) -> str:
        return json.dumps(
            {
                "kind": "trial",
                "descriptor": self.problem.descriptor,
                "bias": self.problem.bias,
                "precision": self.precision,
                "device": self.device,
                "entrants": [[e.implementation, e.layout] for e in self.entrants],
                "seed": self.seed,
                "max_seconds": self.max_seconds,
                "rivals": list(self.rivals),
                "draws": self.draws,
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Trial:
        data = json.loads(line)
        return cls(
            problem=ConvProblem.parse(data["descriptor"], bias=data["bias"]),
            precision=data["precision"],
            device=data["device"],
            entrants=tuple(Entrant(*pair) for pair in data["entrants"]),
            seed=data["seed"],
            max_seconds=data["max_seconds"],
            rivals=tuple(data["rivals"]),
            draws=data["draws"],
        )


@dataclass(frozen=True, slots=True)
class EntrantOutcome:
    """The result of one entrant; without samples unless its status is ok.

    `is_single`: it was far behind the rivals and was timed by one call only, its one sample. `side_effects`: what it
    changed that all entrants share, and that was put back.
    """

    entrant: Entrant
    status: Status
    reason: str | None = None
    backend: str | None = None
    executed_flops: int | None = None
    workspace_bytes: int | None = None
    samples: tuple[BlockTime, ...] = ()
    is_single: bool = False
    side_effects: str | None = None

    @property
    def median_s(self) -> float | None:
        return statistics.median(sample.time_s for sample in self.samples) if self.samples else None

    def to_dict(self) -> dict[str, Any]:
        """Flat and JSON-ready; samples by column."""
        return {
            "implementation": self.entrant.implementation,
            "layout": self.entrant.layout,
            "status": self.status.value,
            "reason": self.reason,
            "backend": self.backend,
            "executed_flops": self.executed_flops,
            "workspace_bytes": self.workspace_bytes,
            "is_single": self.is_single,
            "side_effects": self.side_effects,
            "median_s": self.median_s,
            "samples": _by_column(self.samples),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> EntrantOutcome:
        """The inverse of `to_dict`; samples of earlier formats have no number of their run, as there was one."""
        samples = data["samples"]
        columns = [samples[name] for name in BlockTime._fields if name in samples]
        return cls(
            Entrant(data["implementation"], data["layout"]),
            Status(data["status"]),
            data["reason"],
            data["backend"],
            data["executed_flops"],
            data["workspace_bytes"],
            tuple(BlockTime(*row) for row in zip(*columns, strict=True)),
            data["is_single"],
            data["side_effects"],
        )


def _by_column(samples: Sequence[BlockTime]) -> dict[str, list[Any]]:
    return {name: [getattr(sample, name) for sample in samples] for name in BlockTime._fields}
