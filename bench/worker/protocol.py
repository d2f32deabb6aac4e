"""The messages between parent and child: one JSON object a line.

Parent to child: a Task, a Calibrate, a MeasureEnergy, a Trial or a Call, distinguished by "kind". Child to parent:
{"event": "ready", "environment", "protocol"} once, then for each message {"event": "done", …} with its results, after
one {"event": "outcome", …} for each implementation of a Task. Instead of "ready": {"event": "refused", "reason"} if a
plug-in cannot be loaded, {"event": "unfit", "reason"} if a setting did not take effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bench.energy.plan import Windows
from bench.estimates.intervals import MIN_BLOCKS
from bench.gate.data import Data
from bench.store.samples import from_columns, to_columns
from bench.store.schema import Sample
from bench.store.status import Status
from bench.worker.trial import Trial
from impls import Case, ConvProblem

# Raised when a message, an outcome, a sample or the arguments of the entry change. A parent and a child of two versions
# of convcost (`convcost duet`) understand each other if both have the same number, whatever else differs.
PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Task:
    """One case to prove right, and to time unless `max_seconds` is None.

    `tricks` is whether to look for faults that no error bound shows: memory handed out twice, remembered results.
    `losers` are implementations that are clearly slower by earlier visits, with their times in seconds: they are timed
    for less.
    """

    case: Case
    implementations: tuple[str, ...]
    seed: int
    max_seconds: float | None
    target_rel_ci: float
    cache: str = "warm"
    min_blocks: int = MIN_BLOCKS
    tricks: bool = True
    data: Data = Data()  # noqa: RUF009
    losers: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(
            {
                "kind": "task",
                "case": case_to_dict(self.case),
                "implementations": list(self.implementations),
                "seed": self.seed,
                "max_seconds": self.max_seconds,
                "target_rel_ci": self.target_rel_ci,
                "cache": self.cache,
                "min_blocks": self.min_blocks,
                "tricks": self.tricks,
                "data": asdict(self.data),
                "losers": dict(self.losers),
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
            tricks=data["tricks"],
            data=Data(**data["data"]),
            losers=data["losers"],
        )


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Measure the ceilings of a device, with the worker's own number of threads; `levels`: of caches and memory too."""

    device: str
    precisions: tuple[str, ...]
    levels: bool = True

    def to_json(self) -> str:
        return json.dumps({"kind": "calibrate", **asdict(self)})

    @classmethod
    def from_json(cls, line: str) -> Calibrate:
        data = json.loads(line)
        return cls(data["device"], tuple(data["precisions"]), data["levels"])


@dataclass(frozen=True, slots=True)
class MeasureEnergy:
    """Measure the joules of implementations that were proven right on a case and timed.

    `process` is the number of the process among those that measure the case; windows take another order in each.
    """

    case: Case
    implementations: tuple[str, ...]
    seed: int
    plan: Windows
    process: int = 0
    data: Data = Data()  # noqa: RUF009

    def to_json(self) -> str:
        return json.dumps(
            {
                "kind": "energy",
                "case": case_to_dict(self.case),
                "implementations": list(self.implementations),
                "seed": self.seed,
                "plan": asdict(self.plan),
                "data": asdict(self.data),
                "process": self.process,
            }
        )

    @classmethod
    def from_json(cls, line: str) -> MeasureEnergy:
        data = json.loads(line)
        plan = Windows(**data["plan"])
        names, values = tuple(data["implementations"]), Data(**data["data"])
        return cls(case_from_dict(data["case"]), names, data["seed"], plan, data["process"], values)


@dataclass(frozen=True, slots=True)
class Call:
    """Call a function of ours in the child: `function` is "module:name", its arguments and its result are plain JSON.

    The call is one step; it may take `budget_s` longer than other steps.
    """

    function: str
    arguments: dict[str, Any]
    budget_s: float = 0.0

    def to_json(self) -> str:
        return json.dumps({"kind": "call", **asdict(self)})

    @classmethod
    def from_json(cls, line: str) -> Call:
        data = json.loads(line)
        return cls(data["function"], data["arguments"], data["budget_s"])


Message = Task | Calibrate | MeasureEnergy | Trial | Call
_KINDS: dict[str, type[Message]] = {
    "task": Task,
    "calibrate": Calibrate,
    "energy": MeasureEnergy,
    "trial": Trial,
    "call": Call,
}


def read_message(line: str) -> Message:
    """The message of one line."""
    return _KINDS[json.loads(line)["kind"]].from_json(line)


def no_figure(reason: str) -> dict[str, Any]:
    """A missing figure of energy, with its reason."""
    return {"method": "unavailable", "reason": reason, "gross_j": None, "net_j": None, "flags": []}


def no_joules(implementations: Iterable[str], reason: str) -> dict[str, Any]:
    """A missing figure for each implementation, all for one reason."""
    return {name: [no_figure(reason)] for name in implementations}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one implementation on one case; fields as the columns of store.schema.Row."""

    implementation: str
    status: Status
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
    samples: tuple[Sample, ...] = ()
    import_s: float | None = None
    jit_s: float | None = None
    plan_cached_s: float | None = None
    peak_bytes: int | None = None
    delegate: str | None = None
    side_effects: str | None = None
    audit_s: tuple[float, ...] = ()
    known_s: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; samples by column."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**plain, "status": self.status.value, "samples": to_columns(self.samples)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """The inverse of `to_dict`."""
        samples = tuple(from_columns(data["samples"]))
        times = {name: tuple(data[name]) for name in ("audit_s", "known_s")}
        return cls(**{**data, **times, "status": Status(data["status"]), "samples": samples})


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
