"""`convcost validate --range`: the scales at which implementations are right, and how far one NaN spreads."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bench.errors import InfrastructureError, OutOfTime, UsageError
from bench.gate.range import Reach, Scales
from bench.sweep.job import Job
from bench.sweep.overrides import Overrides
from bench.worker.client import Worker
from bench.worker.protocol import Call, case_to_dict
from impls import Case, ConvProblem

# 32 channels of 14 × 14, 3 × 3: small, with sums of 288 products and tiles that stick out of the image.
PROBLEM = "mb1ic32ih14oc32kh3ph1"


@dataclass(frozen=True, slots=True)
class MeasuredRange:
    """The range of an implementation on a case, or the reason why there is none; `failed` if it raised or crashed."""

    implementation: str
    case: Case
    scales: Scales | None = None
    nan: Reach | None = None
    inf: Reach | None = None
    reason: str | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Ranges:
    """The ranges of all implementations, and for each case the scales that its type itself allows."""

    found: tuple[MeasuredRange, ...]
    possible: dict[Case, Scales]
    left_out: int = 0

    @property
    def failures(self) -> list[MeasuredRange]:
        return [one for one in self.found if one.failed]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; scales are powers of two."""
        return {
            "possible": [{**case_to_dict(case), "scales": _plain(scales)} for case, scales in self.possible.items()],
            "ranges": [
                {
                    "implementation": one.implementation,
                    **case_to_dict(one.case),
                    "scales": _plain(one.scales),
                    "nan": _plain(one.nan),
                    "inf": _plain(one.inf),
                    "reason": one.reason,
                    "failed": one.failed,
                }
                for one in self.found
            ],
            "left_out": self.left_out,
        }


def problems(given: list[ConvProblem] | None) -> list[ConvProblem]:
    """The problems without a bias, which would not scale with the products; one by default."""
    return [replace(problem, bias=False) for problem in given or [ConvProblem.parse(PROBLEM)]]


def with_defaults(overrides: Overrides) -> Overrides:
    """One process, and fp32 in NCHW unless the user says otherwise. Raises UsageError for data, as these are scaled."""
    if overrides.data or overrides.weights:
        raise UsageError("--range scales N(0, 1) data itself; leave out --data and --weights")
    return replace(overrides, processes=1)


def measure(job: Job, limit_s: float = math.inf) -> Ranges:
    """Measure every implementation on every case, each in a worker process that may die without harm to the others."""
    found: list[MeasuredRange] = []
    possible: dict[Case, Scales] = {}
    wanted = [(planned.case, name) for planned in job.cases for name in job.implementations]
    with suppress(OutOfTime), Worker(job.settings, time.monotonic() + limit_s) as worker:
        for case, name in wanted:
            # A plug-in that is refused, or a machine without processes, ends the command here.
            worker.start()
            arguments = {"case": case_to_dict(case), "seed": job.config.seed}
            if case not in possible:
                possible[case] = Scales(**worker.call(Call("bench.worker.ranges:possible", arguments)))
            found.append(_measured(worker, case, name, arguments))
    return Ranges(tuple(found), possible, len(wanted) - len(found))


def _measured(worker: Worker, case: Case, name: str, arguments: dict[str, Any]) -> MeasuredRange:
    call = Call("bench.worker.ranges:measured", {**arguments, "implementation": name})
    try:
        answer = worker.call(call)
    except InfrastructureError as error:
        return MeasuredRange(name, case, reason=str(error), failed=True)
    if "reason" in answer:
        return MeasuredRange(name, case, reason=answer["reason"])
    return MeasuredRange(name, case, Scales(**answer["scales"]), Reach(**answer["nan"]), Reach(**answer["inf"]))


def _plain(value: Scales | Reach | None) -> dict[str, Any] | None:
    return None if value is None else {name: getattr(value, name) for name in value.__slots__}
