"""The vector unit of this processor: how wide it is, how many registers it has, what it can do with 16-bit floats."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from llvmlite import binding


@dataclass(frozen=True, slots=True)
class VectorUnit:
    """`bytes` of a register, `registers` of them, and whether there is an FMA, a product of pairs of bf16 (AVX-512),
    and conversions of fp16."""

    bytes: int
    registers: int
    has_fma: bool
    has_bf16_dot: bool = False
    has_fp16: bool = False

    def lanes(self, element_bytes: int) -> int:
        return self.bytes // element_bytes


@functools.cache
def vector_unit() -> VectorUnit:
    """That of the host."""
    return unit_of(dict(binding.get_host_cpu_features()), platform.machine())


def unit_of(features: Mapping[str, bool], machine: str) -> VectorUnit:
    """That of a processor with these features, as LLVM names them; 16 bytes, which all have, where they say nothing."""
    if machine.lower() in ("aarch64", "arm64"):
        return VectorUnit(16, 32, has_fma=True, has_fp16=True)
    half = bool(features.get("f16c"))
    if features.get("avx512f"):
        return VectorUnit(64, 32, has_fma=True, has_bf16_dot=bool(features.get("avx512bf16")), has_fp16=True)
    if features.get("avx"):
        return VectorUnit(32, 16, has_fma=bool(features.get("fma")), has_fp16=half)
    return VectorUnit(16, 16, has_fma=False)
