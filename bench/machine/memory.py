"""What fits: a case is refused with the bytes it would need, before anything is allocated."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from bench.errors import UsageError
from bench.format import byte_count
from impls import Case, Work

_FLOAT64_BYTES = 8
# Share of the memory that a measurement may plan for; the rest is the system's and the libraries'.
_USABLE = 0.8
_COPIES_WHILE_PLANNING = 3
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def needed_bytes(case: Case) -> int:
    """Bytes that proving a case right takes, whatever the implementation.

    Tensors and copies of them, and in float64 the truth, its scale and what they are compared by (nine outputs in all)
    and the input twice with its padding (impls.oracle, bench.gate.gate).
    """
    p = case.problem
    return 3 * case.compulsory_bytes + _FLOAT64_BYTES * (9 * p.outputs + 2 * math.prod(p.padded_shape) + p.parameters)


def usable_bytes() -> int:
    """Memory that may be planned for: 80 % of the machine's or of the container's limit."""
    total = int(psutil.virtual_memory().total)
    for name in _CGROUP_LIMITS:
        path = Path(name)
        text = path.read_text().strip() if path.is_file() else "max"
        if text.isdigit():
            total = min(total, int(text))
    return int(_USABLE * total)


def device_bytes(device: str) -> int:
    """What plans on a device may take: all of a GPU's memory, or what `usable_bytes` says.

    A fixed budget, not what happens to be free: a worker keeps what it has freed, for the next case.
    """
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    return usable_bytes()


def require_fits(case: Case) -> None:
    """Raise UsageError, with the bytes, for a case that this machine cannot hold."""
    needed, usable = needed_bytes(case), usable_bytes()
    if needed > usable:
        raise UsageError(
            f"{case.problem.descriptor} in {case.precision} would need {byte_count(needed)} of memory; "
            f"allowed: {byte_count(usable)} on this machine"
        )


def why_not_memory(work: Work, case: Case, usable: int) -> str | None:
    """The reason not to run a plan whose own arrays would not fit beside the tensors, or None.

    Making what the plan keeps takes two more copies of it for a moment.
    """
    own = (work.workspace_bytes or 0) + _COPIES_WHILE_PLANNING * (work.plan_bytes or 0)
    needed = own + 2 * case.compulsory_bytes
    if needed <= usable:
        return None
    texts = (byte_count(needed), byte_count(own), byte_count(usable))
    return "it would need {} of memory, {} of it workspace; {} are usable".format(*texts)
