"""The kernel for the arithmetic ceiling of a core: fused multiply–adds on vectors, without loads or stores.

Each accumulator is a chain of dependent FMAs; enough chains hide the instruction's latency and keep the units busy.
The kernel is LLVM IR, because no Python loop is certain to compile to exactly this.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from typing import Any

import numba
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

# Chains by vector width in bytes. A latency of 4 or 5 cycles times two units (four on the widest ARM cores) needs 8 to
# 16 chains. With two operands they must fit the registers: 32 with AVX-512 and NEON, 16 with AVX2.
CHAINS = {64: 24, 32: 12, 16: 24}
_ELEMENTS = {types.float32: (ir.FloatType(), 4, "f32"), types.float64: (ir.DoubleType(), 8, "f64")}


# Untyped, because callers leave out the typing context.
_intrinsic: Any = intrinsic(prefer_literal=True)


def vector_bytes(features: Mapping[str, bool] | None = None, machine: str = platform.machine()) -> int | None:
    """Bytes of the host's widest vectors with an FMA instruction, None where it has none."""
    if machine.lower() in ("aarch64", "arm64"):
        return 16
    has = binding.get_host_cpu_features() if features is None else features
    if has.get("avx512f"):
        return 64
    # Every processor with FMA3 has the 32-byte registers of AVX. Without FMA3, LLVM would call a function for each FMA.
    return 32 if has.get("fma") else None


@_intrinsic
def _fma_chains(typing_context, steps, factor, term, width):
    """Run the chains p ← p · factor + term from p = 0, 1, 2 … for `steps` steps (at least 1); return the sum of all."""
    signature = factor(types.int64, factor, factor, width)
    element, size, name = _ELEMENTS[factor]
    vector = ir.VectorType(element, width.literal_value // size)
    chains = CHAINS[width.literal_value]

    def generate(context, builder, signature, arguments):
        count, *operands, _ = arguments
        kind = ir.FunctionType(vector, [vector] * 3)
        fma = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, kind, f"llvm.fma.v{vector.count}{name}"
        )
        factors, terms = (_splat(builder, vector, operand) for operand in operands)
        starts = [ir.Constant(vector, [float(chain)] * vector.count) for chain in range(chains)]
        entry, loop, done = builder.block, builder.append_basic_block("fma"), builder.append_basic_block("fma.done")
        builder.branch(loop)

        builder.position_at_end(loop)
        step = builder.phi(count.type)
        before = [builder.phi(vector) for _ in range(chains)]
        after = [builder.call(fma, [value, factors, terms]) for value in before]
        following = builder.add(step, ir.Constant(count.type, 1))
        _join(step, (ir.Constant(count.type, 0), entry), (following, loop))
        for value, start, result in zip(before, starts, after, strict=True):
            _join(value, (start, entry), (result, loop))
        builder.cbranch(builder.icmp_signed("<", following, count), loop, done)

        builder.position_at_end(done)
        return _total(builder, after)

    return signature, generate


def _splat(builder: Any, vector: Any, value: Any) -> Any:
    """A vector with the same value in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None))


def _join(phi: Any, *sources: tuple[Any, Any]) -> None:
    for value, block in sources:
        phi.add_incoming(value, block)


def _total(builder: Any, vectors: list[Any]) -> Any:
    """The sum of all lanes. Returning it keeps the compiler from removing the chains."""
    together = vectors[0]
    for vector in vectors[1:]:
        together = builder.fadd(together, vector)
    lanes = [builder.extract_element(together, ir.Constant(ir.IntType(32), n)) for n in range(together.type.count)]
    total = lanes[0]
    for lane in lanes[1:]:
        total = builder.fadd(total, lane)
    return total


@numba.njit(cache=True, nogil=True)
def _chains_64(steps, factor, term):
    return _fma_chains(steps, factor, term, 64)


@numba.njit(cache=True, nogil=True)
def _chains_32(steps, factor, term):
    return _fma_chains(steps, factor, term, 32)


@numba.njit(cache=True, nogil=True)
def _chains_16(steps, factor, term):
    return _fma_chains(steps, factor, term, 16)


KERNELS: dict[int, Callable[[int, Any, Any], Any]] = {64: _chains_64, 32: _chains_32, 16: _chains_16}


def flops(width: int, element_bytes: int, steps: int) -> int:
    """FLOPs of one call of the kernel with vectors of `width` bytes; an FMA counts as two."""
    return 2 * CHAINS[width] * (width // element_bytes) * steps
