"""Checks that a case fits in memory before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import UsageError
from bench.format import byte_count
from impls import Case, Work

_FLOAT64_BYTES = 8
# Share of the memory that a measurement may use; the rest is for the system and the libraries.
_USABLE = 0.8
_OF_A_WORKER = 0.9
_COPIES_WHILE_PLANNING = 3
# The most bytes of plans in the first group of a case on the CPU, unless one plan alone is larger: beside the tensors,
# the libraries and the system they fit the 4 GB that convcost needs. A candidate outside that group is held with the
# fastest of it, where the usable memory has room for both (bench.worker.groups.fit_together).
_PLANS_BYTES = 2 * 2**30
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True, slots=True)
class Demand:
    """Bytes of one candidate: its plan, all that it keeps while it takes part, and what planning or a call adds.

    `kept` is the plan, its own copy of the weights and its last output.
    """

    plan: int
    kept: int
    passing: int


def needed_bytes(case: Case) -> int:
    """Bytes needed to prove a case right, for any implementation.

    These are the tensors with copies, one of them for audit calls, and, in float64, the true output with its scale and
    error bounds (nine outputs in all) and two padded inputs (impls.oracle, bench.gate.gate).
    """
    p = case.problem
    return 4 * case.compulsory_bytes + _FLOAT64_BYTES * (9 * p.outputs + 2 * math.prod(p.padded_shape) + p.parameters)


def usable_bytes() -> int:
    """Bytes that may be used: 80 % of the machine's memory or of the container's limit."""
    return int(_USABLE * _total_bytes())


def worker_bytes() -> int:
    """The most bytes of a worker process, unless the user says another number: 90 % of the memory or the limit.

    It is more than `usable_bytes`, which is granted to one case.
    """
    return int(_OF_A_WORKER * _total_bytes())


def _total_bytes() -> int:
    total = int(psutil.virtual_memory().total)
    for name in _CGROUP_LIMITS:
        path = Path(name)
        text = path.read_text().strip() if path.is_file() else "max"
        if text.isdigit():
            total = min(total, int(text))
    return total


def plans_bytes(device: str) -> int:
    """Bytes of the plans in the first group of a case, unless one plan alone is larger (bench.worker.groups)."""
    return min(_PLANS_BYTES, usable_bytes() // 2) if device == "cpu" else device_bytes(device)


def device_bytes(device: str) -> int:
    """Bytes that a plan on a device may take: all of a GPU's memory, else `usable_bytes`.

    A fixed budget and not the free memory at the moment: a worker keeps freed memory for the next case.
    """
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    return usable_bytes()


def require_fit(cases: Iterable[Case]) -> None:
    """Raise UsageError, with the bytes needed and allowed, for a case that this machine cannot hold."""
    usable = usable_bytes()
    for case in cases:
        if (needed := needed_bytes(case)) > usable:
            raise UsageError(
                f"{case.problem.descriptor} in {case.precision} would need {byte_count(needed)} of memory; "
                f"allowed: {byte_count(usable)} on this machine"
            )


def demand_of(work: Work, case: Case) -> Demand:
    """The bytes of a candidate with this work.

    Libraries that do not count are taken to keep their weights once more. Where `work` has no `planning_bytes`, a
    plan's arrays exist three times for a moment.
    """
    size, p = case.numbers.bytes, case.problem
    output, weights = size * p.outputs, size * p.parameters
    plan = weights if work.plan_bytes is None else work.plan_bytes
    planning = _COPIES_WHILE_PLANNING * plan if work.planning_bytes is None else work.planning_bytes
    return Demand(plan, plan + weights + output, max(planning - plan, (work.workspace_bytes or 0) + output))


def shared_bytes(case: Case) -> int:
    """Bytes that the candidates of a case share: on the CPU its tensors and their proof, on a GPU its tensors."""
    return needed_bytes(case) if case.device == "cpu" else case.compulsory_bytes


def why_not_memory(work: Work, case: Case, usable: int) -> str | None:
    """The reason why a plan does not fit beside the tensors of its case, None if it fits."""
    demand = demand_of(work, case)
    needed = shared_bytes(case) + demand.kept + demand.passing
    if needed <= usable:
        return None
    plan, workspace = byte_count(work.plan_bytes or 0), byte_count(work.workspace_bytes or 0)
    return (
        f"it would need {byte_count(needed)} of memory (its plan {plan}, its workspace {workspace}); "
        f"{byte_count(usable)} are usable"
    )
