"""Checks that a case fits in memory before anything is allocated."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from bench.errors import UsageError
from bench.format import byte_count
from impls import Case, Work

_FLOAT64_BYTES = 8
# Share of the memory that a measurement may use; the rest is for the system and the libraries.
_USABLE = 0.8
_COPIES_WHILE_PLANNING = 3
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def needed_bytes(case: Case) -> int:
    """Bytes needed to prove a case right, for any implementation.

    These are the tensors with copies and, in float64, the true output with its scale and error bounds (nine outputs
    in all) and two padded inputs (impls.oracle, bench.gate.gate).
    """
    p = case.problem
    return 3 * case.compulsory_bytes + _FLOAT64_BYTES * (9 * p.outputs + 2 * math.prod(p.padded_shape) + p.parameters)


def usable_bytes() -> int:
    """Bytes that may be used: 80 % of the machine's memory or of the container's limit."""
    total = int(psutil.virtual_memory().total)
    for name in _CGROUP_LIMITS:
        path = Path(name)
        text = path.read_text().strip() if path.is_file() else "max"
        if text.isdigit():
            total = min(total, int(text))
    return int(_USABLE * total)


def device_bytes(device: str) -> int:
    """Bytes that a plan on a device may take: all of a GPU's memory, else `usable_bytes`.

    A fixed budget and not the free memory at the moment: a worker keeps freed memory for the next case.
    """
    if device == "cuda":
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    return usable_bytes()


def require_fits(case: Case) -> None:
    """Raise UsageError, with the bytes needed and allowed, for a case that this machine cannot hold."""
    needed, usable = needed_bytes(case), usable_bytes()
    if needed > usable:
        raise UsageError(
            f"{case.problem.descriptor} in {case.precision} would need {byte_count(needed)} of memory; "
            f"allowed: {byte_count(usable)} on this machine"
        )


def why_not_memory(work: Work, case: Case, usable: int) -> str | None:
    """Why a plan's own arrays do not fit beside the tensors, None if they fit.

    While a plan is made, its arrays exist three times for a moment.
    """
    own = (work.workspace_bytes or 0) + _COPIES_WHILE_PLANNING * (work.plan_bytes or 0)
    needed = own + 2 * case.compulsory_bytes
    if needed <= usable:
        return None
    texts = (byte_count(needed), byte_count(own), byte_count(usable))
    return "it would need {} of memory, {} of it workspace; {} are usable".format(*texts)
