"""What parent and child say to each other: one JSON object a line.

Parent to child: a Task. Child to parent: {"event": "ready", "environment"}, then for each task any number of
{"event": "outcome", …} and one {"event": "done"}. In place of "ready": {"event": "refused", "reason"} if a
plug-in cannot be loaded, {"event": "unfit", "reason"} if a setting did not take effect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from bench.timing.estimates import MIN_BLOCKS
from impls import Case, ConvProblem


@dataclass(frozen=True, slots=True)
class Task:
    """One case to prove right, and to time unless `max_seconds` is None."""

    case: Case
    implementations: tuple[str, ...]
    seed: int
    max_seconds: float | None
    target_rel_ci: float
    cache: str = "warm"
    min_blocks: int = MIN_BLOCKS

    def to_json(self) -> str:
        return json.dumps(
            {
                "case": case_to_dict(self.case),
                "implementations": list(self.implementations),
                "seed": self.seed,
                "max_seconds": self.max_seconds,
                "target_rel_ci": self.target_rel_ci,
                "cache": self.cache,
                "min_blocks": self.min_blocks,
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Task:
        data = json.loads(line)
        return cls(
            case=case_from_dict(data["case"]),
            implementations=tuple(data["implementations"]),
            seed=data["seed"],
            max_seconds=data["max_seconds"],
            target_rel_ci=data["target_rel_ci"],
            cache=data["cache"],
            min_blocks=data["min_blocks"],
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one implementation on one case; fields as the columns of store.schema.Row."""

    implementation: str
    status: str
    reason: str | None = None
    algorithm: str | None = None
    provider: str = ""
    backend: str | None = None
    executed_flops: int | None = None
    bytes_moved: int | None = None
    workspace_bytes: int | None = None
    plan_bytes: int | None = None
    plan_s: float | None = None
    first_call_s: float | None = None
    bound: str | None = None
    error_rms: float | None = None
    error_rms_limit: float | None = None
    error_share: float | None = None
    calls_per_sample: int | None = None
    stopped_by: str | None = None
    warning: str | None = None
    # One mapping a sample, in order: the columns of store.schema.Sample that the worker knows.
    samples: tuple[dict[str, Any], ...] = ()
    import_s: float | None = None
    jit_s: float | None = None
    peak_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        return cls(**{**data, "samples": tuple(data.get("samples", ()))})


def case_to_dict(case: Case) -> dict[str, Any]:
    return {
        "descriptor": case.problem.descriptor,
        "bias": case.problem.bias,
        "precision": case.precision,
        "layout": case.layout,
        "device": case.device,
        "direction": case.direction,
    }


def case_from_dict(data: dict[str, Any]) -> Case:
    problem = ConvProblem.parse(data["descriptor"], bias=data["bias"])
    return Case(problem, data["precision"], data["layout"], data["device"], data["direction"])
