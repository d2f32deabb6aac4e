"""The memory of a direct convolution on the CPU: plain numbers, nothing is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct.choice import dot_schedule, schedule_of
from impls.interface import Case


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a plan keeps, that a call needs besides x and y, and that copying adds to the bytes moved."""

    plan_bytes: int
    workspace_bytes: int
    copied_bytes: int


def memory_of(case: Case, threads: int, unit: VectorUnit | None = None) -> Memory:
    """The memory of a case on this many threads."""
    p, size = case.problem, max(4, case.numbers.bytes)
    pairs = dot_schedule(case, unit) if case.precision == "bf16" else None
    b = pairs or schedule_of(case, size, unit)
    inputs = p.batch * p.in_channels * p.size[0] * p.size[1]
    # 16-bit x and y are copied: to float32, or to channels last for products of pairs.
    other_bytes = 0
    if case.numbers.bytes == 2 and (pairs is None or case.layout != "nhwc"):
        other_bytes = (2 if pairs else 4) * (inputs + p.outputs)
    image = size * b.image_elements
    patches = threads * size * b.patch_elements
    plan = size * (b.plan_elements + int(p.bias) * p.out_channels)
    return Memory(plan, image + patches + other_bytes, 2 * (image + other_bytes))
