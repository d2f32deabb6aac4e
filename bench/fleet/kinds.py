"""The kinds of machines of a fleet: machines are of one kind where a comparison of their times means something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impls.wording import count

# What machines of one kind have in common, by its name in the environment of a run.
_OF_A_MACHINE = ("cpu", "microarchitecture", "cores", "simd", "gpu", "threads")
_OF_ITS_LIBRARIES = (
    "os", "python", "convcost", "commit", "torch", "cuda", "cudnn", "onednn", "numba", "numpy", "scipy", "triton",
)  # fmt: skip
# Known only to a worker that has started.
_OF_WORKERS = ("malloc", "omp", "governor")
# Two virtual machines of one kind report memory that differs by what their kernels keep.
_SAME_MEMORY = 0.05


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """The first setting in which two environments are of unlike machines, in words; None for machines of one kind."""
    for name in (*_OF_A_MACHINE, *_OF_ITS_LIBRARIES):
        if one.get(name) != other.get(name):
            return f"{name} is {other.get(name)!r} in place of {one.get(name)!r}"
    for name in _OF_WORKERS:
        if name in one and name in other and one[name] != other[name]:
            return f"{name} is {other[name]!r} in place of {one[name]!r}"
    ours, theirs = one.get("memory_bytes"), other.get("memory_bytes")
    if ours and theirs and abs(ours - theirs) > _SAME_MEMORY * max(ours, theirs):
        return f"memory is {theirs:,} bytes in place of {ours:,}"
    return None


def name_of(environment: Mapping[str, Any]) -> str:
    """A kind for a reader: its processor or GPU, and the threads."""
    parts = [environment.get("cpu") or "unknown processor", environment.get("gpu")]
    return f"{', '.join(filter(None, parts))}, {count(int(environment.get('cores') or 0), 'processor')}"
