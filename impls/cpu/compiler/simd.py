"""Vectors for generated kernels: values that live in one register, and the operations on them.

Accumulators in an array would be written to memory at each step. Here a vector is a value of its own: with one variable
for each accumulator, a kernel keeps them all in registers. Such kernels are long and repetitive: they are generated
from templates (impls.cpu.compiler.generated).

    v = vector("float32", 16)          # at the beginning of a generated text
    load, load_first, store, store_first, add = v.load, v.load_first, v.store, v.store_first, v.add

    @kernel(4)
    def sum_of_two(a, b, y, n):        # addresses of arrays: x.ctypes.data, an integer
        i = 0
        while i + 16 <= n:
            store(y, i, add(load(a, i), load(b, i)))
            i += 16
        store_first(y, i, add(load_first(a, i, n - i), load_first(b, i, n - i)), n - i)

Offsets and counts are in elements. Addresses may be unaligned. Without an FMA `fma` rounds twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import binding, ir

from impls.cpu.compiler import emit
from impls.cpu.compiler.host import ELEMENT_BYTES, lanes_of, vector_unit

# Inline assembly needs it.
binding.initialize_native_asmparser()

_ELEMENTS: dict[str, Any] = {"float32": ir.FloatType(), "float64": ir.DoubleType()}
# A bf16 is the upper half of a float32. Adding just less than half of the lower half's range rounds to nearest; adding
# the last kept bit as well rounds ties to even.
_BF16_SHIFT, _BF16_HALF, _QUIET_NAN = 16, 0x7FFF, 0x400000


# Writes the code of an operation: (builder, arguments) → value, None if there is none.
_Emit = Callable[[Any, list[Any]], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of kernels on values of LLVM types `arguments`; `emit` writes its code."""

    arguments: tuple[Any, ...]
    emit: _Emit


@dataclass(frozen=True)
class Vector:
    """The operations of one vector type.

    `a` is an address (int64), `o` an offset and `n` a count in elements (int64), `k` a float64, `s` a scalar of the
    element type; all others are vectors.

    zero(), splat(s), load(a, o), store(a, o, x), load_first(a, o, n) with zeros in the other lanes,
    store_first(a, o, x, n), load_strided(a, o, n, step), load_even(a, o): every second element; broadcast(a, o): one
    element in all lanes; add(x, y), sub(x, y), mul(x, y), scale(x, k), max(x, y), max_or_nan(x, y), total(x): the sum
    of all lanes, a scalar; fma(x, y, z) = x · y + z; fma_broadcast(a, o, y, z): the element at a + o for x;
    fma_scaled(x, k, z): k for y; prefetch(a, o), prefetch_to_write(a, o): prefetch a cache line that need not be
    mapped;
    lanes_between(low, high): an integer with a bit for each lane in [low, high); load_lanes(a, o, bits) with zeros in
    the other lanes, load_lanes_strided(a, o, bits, step); even(load(a, o), load(a, o + lanes − 1)) is load_even(a, o);
    even_lanes(x, y), odd_lanes(x, y): every second lane of both, in an order that in_order(z) undoes;
    even_blocks_B(x, y), odd_blocks_B(x, y), spread_B_I(x) for B = 1, 2, 4 … below `lanes`: see impls.cpu.compiler.emit.
    For float32 only, from and to 16 bits: load_bf16(a, o), store_bf16(a, o, x), load_fp16, store_fp16, the same with
    _first, and broadcast_bf16, broadcast_fp16. Where the host has it (AVX-512), dot_bf16_broadcast(a, o, y, z): z plus
    the products of one pair of bf16 with each pair of bf16 in the 32-bit lanes of y.
    """

    dtype: str
    lanes: int
    type: Any
    operations: dict[str, Operation]

    def __getattr__(self, name: str) -> Operation:
        try:
            return self.operations[name]
        except KeyError:
            raise AttributeError(name) from None

    def picked(self, first: int, step: int, run: int) -> Operation:
        """The operation (x, y) that takes `run` lanes of each from `first` on, `step` apart: see emit.picked."""
        return Operation((self.type, self.type), lambda b, a: emit.picked(b, a[0], a[1], first, step, run))


@functools.cache
def vector(dtype: str, lanes: int) -> Vector:
    """The vectors of `lanes` elements (a power of two) of `dtype`, float32 or float64."""
    maker = _Maker(dtype, lanes)
    return Vector(dtype, lanes, maker.vector, maker.operations())


def native(dtype: str) -> Vector:
    """The vectors as wide as this processor's registers."""
    return vector(dtype, lanes_of(dtype))


class _Maker:
    """Builds the operations of one vector type."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.element, self.size = _ELEMENTS[dtype], ELEMENT_BYTES[dtype]
        self.lanes = lanes
        self.vector = ir.VectorType(self.element, lanes)

    def operations(self) -> dict[str, Operation]:
        made = self._of_memory() | self._of_arithmetic() | self._of_blocks()
        return made | self._of_16_bits() if self.size == 4 else made

    def _of_memory(self) -> dict[str, Operation]:
        v, i, size = self.vector, emit.I64, self.size
        return {
            "load": Operation((i, i), lambda b, a: self._load(b, *a)),
            "store": Operation((i, i, v), lambda b, a: self._store(b, *a)),
            "load_first": Operation((i, i, i), lambda b, a: emit.masked_load(b, self.vector, size, *a)),
            "store_first": Operation((i, i, v, i), lambda b, a: emit.masked_store(b, size, *a)),
            "load_strided": Operation(
                (i, i, i, i), lambda b, a: self._gather(b, a[0], a[1], emit.first_lanes(b, self.lanes, a[2]), a[3])
            ),
            "prefetch": Operation((i, i), lambda b, a: emit.prefetch(b, size, *a, to_write=False)),
            "prefetch_to_write": Operation((i, i), lambda b, a: emit.prefetch(b, size, *a, to_write=True)),
            "load_even": Operation((i, i), lambda b, a: self._load_even(b, *a)),
            "lanes_between": Operation((i, i), lambda b, a: emit.lanes_between(b, self.lanes, *a)),
            "load_lanes": Operation((i, i, i), lambda b, a: emit.load_lanes(b, self.vector, size, *a)),
            "load_lanes_strided": Operation(
                (i, i, i, i), lambda b, a: self._gather(b, a[0], a[1], emit.lanes_of_bits(b, self.lanes, a[2]), a[3])
            ),
            "broadcast": Operation((i, i), lambda b, a: self._broadcast(b, *a)),
        }

    def _of_arithmetic(self) -> dict[str, Operation]:
        v, s, i, f = self.vector, self.element, emit.I64, ir.DoubleType()
        return {
            "zero": Operation((), lambda *_: ir.Constant(self.vector, None)),
            "splat": Operation((s,), lambda b, a: emit.splat(b, self.vector, a[0])),
            "add": Operation((v, v), lambda b, a: b.fadd(*a)),
            "sub": Operation((v, v), lambda b, a: b.fsub(*a)),
            "mul": Operation((v, v), lambda b, a: b.fmul(*a)),
            "max": Operation((v, v), lambda b, a: b.select(b.fcmp_ordered(">", *a), *a)),
            # The larger of each pair of lanes, NaN where one of them is.
            "max_or_nan": Operation(
                (v, v), lambda b, a: b.select(b.or_(b.fcmp_ordered(">", *a), b.fcmp_unordered("uno", a[0], a[0])), *a)
            ),
            "total": Operation((v,), lambda b, a: emit.total(b, a[0])),
            "scale": Operation((v, f), lambda b, a: b.fmul(a[0], self._constant(b, a[1]))),
            "fma": Operation((v, v, v), lambda b, a: self._fma(b, *a)),
            "fma_scaled": Operation((v, f, v), lambda b, a: self._fma(b, a[0], self._constant(b, a[1]), a[2])),
            "fma_broadcast": Operation(
                (i, i, v, v), lambda b, a: self._fma(b, self._broadcast(b, a[0], a[1]), a[2], a[3])
            ),
        }

    def _of_blocks(self) -> dict[str, Operation]:
        v = self.vector
        made = {
            "even": Operation((v, v), lambda b, a: emit.even(b, *a)),
            "even_lanes": Operation((v, v), lambda b, a: emit.alternate(b, a[0], a[1], self.size, odd=False)),
            "odd_lanes": Operation((v, v), lambda b, a: emit.alternate(b, a[0], a[1], self.size, odd=True)),
            "in_order": Operation((v,), lambda b, a: emit.in_order(b, a[0], self.size)),
        }
        size = 1
        while size < self.lanes:
            for lane in range(size):

                def copies(b: Any, a: list[Any], size: int = size, lane: int = lane) -> Any:
                    return emit.spread(b, a[0], size, lane, by_index=self._crosses(size))

                made[f"spread_{size}_{lane}"] = Operation((v,), copies)
            for name, odd in (("even", False), ("odd", True)):

                def code(b: Any, a: list[Any], size: int = size, odd: bool = odd) -> Any:
                    return emit.blocks(b, a[0], a[1], size, odd)

                made[f"{name}_blocks_{size}"] = Operation((v, v), code)
            size *= 2
        return made

    def _crosses(self, size: int) -> bool:
        """Whether a block exceeds the 128 bits within which AVX-512 exchanges floats by a constant."""
        return vector_unit().bytes == 64 == self.lanes * self.size and self.size == 4 and size * self.size > 16

    def _of_16_bits(self) -> dict[str, Operation]:
        bits, half = ir.VectorType(emit.I16, self.lanes), ir.VectorType(ir.HalfType(), self.lanes)
        v, i = self.vector, emit.I64
        return (
            self._of_short("bf16", bits, self._from_bf16, self._to_bf16)
            | self._of_short("fp16", half, lambda b, x: b.fpext(x, self.vector), lambda b, x: b.fptrunc(x, half))
            | {"dot_bf16_broadcast": Operation((i, i, v, v), lambda b, a: self._dot_bf16(b, *a))}
        )

    def _dot_bf16(self, b: Any, address: Any, offset: Any, y: Any, z: Any) -> Any:
        """z plus both products of the pair of bf16 at 4 · offset with each pair of y; denormals count as zero.

        In assembly: llvmlite has no bf16 type to declare LLVM's own function with.
        """
        place = b.add(address, b.mul(offset, ir.Constant(emit.I64, 4)))
        kind = ir.FunctionType(self.vector, [self.vector, self.vector, emit.I64])
        text = f"vdpbf16ps ($3){{1to{self.lanes}}}, $2, $0"
        return b.call(ir.InlineAsm(kind, text, "=v,0,v,r", side_effect=False), [z, y, place])

    def _of_short(
        self, name: str, kind: Any, widen: Callable[[Any, Any], Any], shorten: Callable[[Any, Any], Any]
    ) -> dict[str, Operation]:
        """Loads and stores of a 16-bit type; `widen` makes float32 of a vector of it, `shorten` the reverse."""
        v, i = self.vector, emit.I64

        def load(b: Any, a: list[Any]) -> Any:
            return widen(b, b.load(emit.pointer(b, a[0], a[1], 2, kind), align=2))

        def load_first(b: Any, a: list[Any]) -> Any:
            return widen(b, emit.masked_load(b, kind, 2, *a))

        def store(b: Any, a: list[Any]) -> None:
            b.store(shorten(b, a[2]), emit.pointer(b, a[0], a[1], 2, kind), align=2)

        def store_first(b: Any, a: list[Any]) -> None:
            emit.masked_store(b, 2, a[0], a[1], shorten(b, a[2]), a[3])

        def broadcast(b: Any, a: list[Any]) -> Any:
            one = b.load(emit.pointer(b, a[0], a[1], 2, kind.element), align=2)
            return widen(b, emit.splat(b, kind, one))

        return {
            f"load_{name}": Operation((i, i), load),
            f"load_first_{name}": Operation((i, i, i), load_first),
            f"store_{name}": Operation((i, i, v), store),
            f"store_first_{name}": Operation((i, i, v, i), store_first),
            f"broadcast_{name}": Operation((i, i), broadcast),
        }

    def _constant(self, b: Any, value: Any) -> Any:
        return emit.splat(b, self.vector, value if self.size == 8 else b.fptrunc(value, self.element))

    def _broadcast(self, b: Any, address: Any, offset: Any) -> Any:
        source = emit.pointer(b, address, offset, self.size, self.element)
        return emit.splat(b, self.vector, b.load(source, align=self.size))

    def _load(self, b: Any, address: Any, offset: Any) -> Any:
        return b.load(emit.pointer(b, address, offset, self.size, self.vector), align=self.size)

    def _store(self, b: Any, address: Any, offset: Any, value: Any) -> None:
        b.store(value, emit.pointer(b, address, offset, self.size, self.vector), align=self.size)

    def _load_even(self, b: Any, address: Any, offset: Any) -> Any:
        """Elements 0, 2, 4 …; the second load begins one element early, so that nothing past the last one is read."""
        low = self._load(b, address, offset)
        return emit.even(b, low, self._load(b, address, b.add(offset, ir.Constant(emit.I64, self.lanes - 1))))

    def _gather(self, b: Any, address: Any, offset: Any, mask: Any, step: Any) -> Any:
        return emit.gather(b, self.vector, self.size, address, offset, mask, step)

    def _fma(self, b: Any, x: Any, y: Any, z: Any) -> Any:
        if not vector_unit().has_fma:
            # LLVM would call a function of the C library for each lane.
            return b.fadd(b.fmul(x, y), z)
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return b.call(emit.function(b, kind, f"llvm.fma.v{self.lanes}{emit.suffix(self.vector)}"), [x, y, z])

    def _from_bf16(self, b: Any, bits: Any) -> Any:
        wide = b.zext(bits, ir.VectorType(emit.I32, self.lanes))
        return b.bitcast(b.shl(wide, self._integers(_BF16_SHIFT)), self.vector)

    def _to_bf16(self, b: Any, x: Any) -> Any:
        """Rounded to nearest, ties to even; NaN stays NaN."""
        bits = b.bitcast(x, ir.VectorType(emit.I32, self.lanes))
        last = b.and_(b.lshr(bits, self._integers(_BF16_SHIFT)), self._integers(1))
        rounded = b.add(b.add(bits, last), self._integers(_BF16_HALF))
        quiet = b.or_(bits, self._integers(_QUIET_NAN))
        chosen = b.select(b.fcmp_unordered("uno", x, x), quiet, rounded)
        return b.trunc(b.lshr(chosen, self._integers(_BF16_SHIFT)), ir.VectorType(emit.I16, self.lanes))

    def _integers(self, value: int) -> Any:
        return ir.Constant(ir.VectorType(emit.I32, self.lanes), [value] * self.lanes)
