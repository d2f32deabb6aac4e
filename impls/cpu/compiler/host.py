"""The vector unit of this processor: its width, its registers, its support of 16-bit floats."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from llvmlite import binding

# Element types of kernels, and their sizes.
ELEMENT_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4, "float64": 8}


@dataclass(frozen=True, slots=True)
class VectorUnit:
    """Bytes of a register and number of registers.

    Also whether the unit has an FMA, products of pairs of bf16 (AVX-512), and conversions of fp16.
    """

    bytes: int
    registers: int
    has_fma: bool
    has_bf16_dot: bool = False
    has_fp16: bool = False

    def lanes(self, element_bytes: int) -> int:
        return self.bytes // element_bytes


@functools.cache
def vector_unit() -> VectorUnit:
    """The vector unit that code is compiled for."""
    return unit_of(features(), platform.machine())


def lanes_of(dtype: str) -> int:
    """Elements of `dtype` in a vector of this processor."""
    return vector_unit().lanes(ELEMENT_BYTES[dtype])


@functools.cache
def features() -> dict[str, bool]:
    """The features that Numba compiles for: Numba's settings, else the features that LLVM finds on this processor.

    NUMBA_CPU_FEATURES sets a narrower unit, as +avx,+avx2,+fma,+f16c with NUMBA_CPU_NAME=haswell. With
    NUMBA_CPU_NAME=generic alone, and on processors unknown to LLVM, there are no features beyond the architecture's.
    """
    chosen = os.environ.get("NUMBA_CPU_FEATURES")
    if chosen is None and os.environ.get("NUMBA_CPU_NAME", "").lower() == "generic":
        chosen = ""
    if chosen is not None:
        return {feature[1:]: feature.startswith("+") for feature in chosen.split(",") if feature}
    try:
        return dict(binding.get_host_cpu_features())
    except RuntimeError:
        return {}


def unit_of(features: Mapping[str, bool], machine: str) -> VectorUnit:
    """The vector unit of a processor with these features, as LLVM names them; 16 bytes, which all have, by default."""
    if machine.lower() in ("aarch64", "arm64"):
        return VectorUnit(16, 32, has_fma=True, has_fp16=True)
    half = bool(features.get("f16c"))
    if features.get("avx512f"):
        return VectorUnit(64, 32, has_fma=True, has_bf16_dot=bool(features.get("avx512bf16")), has_fp16=True)
    if features.get("avx"):
        return VectorUnit(32, 16, has_fma=bool(features.get("fma")), has_fp16=half)
    return VectorUnit(16, 16, has_fma=False)
