"""Vectors for Numba: values that live in one register, and what can be done with them.

Numba has no arrays on the stack, so that accumulators kept in an array are written to memory at each step. Here a
vector is a type of its own, whose value is an LLVM vector: with one variable for each accumulator a kernel keeps them
all in registers. Such kernels are long and dull, so they are generated from templates (impls.cpu.generated).

    v = vector("float32", 16)          # once, at the head of a generated module

    @njit
    def add(a, b, y, n):               # addresses of arrays: x.ctypes.data, an integer
        i = 0
        while i + 16 <= n:
            v_store(y, i, v_add(v_load(a, i), v_load(b, i)))
            i += 16
        v_store_first(y, i, v_add(v_load_first(a, i, n - i), v_load_first(b, i, n - i)), n - i)

Numba must see the operations as global names: `v_load, v_store = v.load, v.store`. Offsets and counts are in elements.
Addresses may be unaligned. Without an FMA `fma` rounds twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from impls.cpu.host import vector_unit

_ELEMENTS: dict[str, tuple[Any, int, str, Any]] = {
    "float32": (ir.FloatType(), 4, "f32", types.float32),
    "float64": (ir.DoubleType(), 8, "f64", types.float64),
}
_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
# The half of a float32 that a bf16 lacks, and what rounds to nearest even with the last bit kept.
_BF16_SHIFT, _BF16_HALF = 16, 0x7FFF


class VectorType(types.Type):
    """`lanes` floats of one kind in a register."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.dtype_name, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype}, {lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector_type: VectorType) -> None:
        element = _ELEMENTS[vector_type.dtype_name][0]
        super().__init__(manager, vector_type, ir.VectorType(element, vector_type.lanes))


@dataclass(frozen=True)
class Vector:
    """The operations of one vector type, as Numba intrinsics.

    `a` is an address (int64), `o` an offset and `n` a count in elements (int64), `k` a float64, `s` a scalar of the
    element type, all else vectors.

    zero(), splat(s), load(a, o), store(a, o, x), load_first(a, o, n) with zeros in the rest, store_first(a, o, x, n),
    load_strided(a, o, n, step), broadcast(a, o): one element in all lanes;
    add(x, y), sub(x, y), mul(x, y), scale(x, k), max(x, y), total(x): the sum of all lanes, a scalar;
    fma(x, y, z) = x · y + z, fma_broadcast(a, o, y, z) with the element at a + o for x, fma_scaled(x, k, z) with k for y.
    Of float32 alone, from and to 16 bits: load_bf16(a, o), store_bf16(a, o, x), load_fp16, store_fp16, the same with
    _first, and broadcast_bf16, broadcast_fp16.
    """

    dtype: str
    lanes: int
    type: VectorType
    operations: dict[str, Callable[..., Any]]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            return self.operations[name]
        except KeyError:
            raise AttributeError(name) from None


@functools.cache
def vector(dtype: str, lanes: int) -> Vector:
    """The vectors of `lanes` elements of `dtype`, float32 or float64."""
    return Vector(dtype, lanes, VectorType(dtype, lanes), _Maker(dtype, lanes).operations())


def native(dtype: str) -> Vector:
    """The vectors as wide as this processor's registers."""
    return vector(dtype, vector_unit().lanes(_ELEMENTS[dtype][1]))


# What Numba calls to emit code: (context, builder, signature, arguments) → value.
_Emit = Callable[[Any, list[Any]], Any]


class _Maker:
    """Builds the operations of one vector type."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.element, self.size, self.suffix, self.scalar = _ELEMENTS[dtype]
        self.lanes = lanes
        self.vector = ir.VectorType(self.element, lanes)
        self.type = VectorType(dtype, lanes)

    def operations(self) -> dict[str, Callable[..., Any]]:
        v, s, i, f, none = self.type, self.scalar, types.int64, types.float64, types.void
        made: dict[str, Callable[..., Any]] = {
            "zero": self._make(v, (), lambda b, a: self._zero()),
            "splat": self._make(v, (s,), lambda b, a: self._splat(b, a[0])),
            "load": self._make(v, (i, i), lambda b, a: self._load(b, *a)),
            "store": self._make(none, (i, i, v), lambda b, a: self._store(b, *a)),
            "load_first": self._make(v, (i, i, i), lambda b, a: self._load_first(b, self.vector, self.size, *a)),
            "store_first": self._make(none, (i, i, v, i), lambda b, a: self._store_first(b, self.size, *a)),
            "load_strided": self._make(v, (i, i, i, i), self._load_strided),
            "broadcast": self._make(v, (i, i), lambda b, a: self._splat(b, self._scalar(b, *a))),
            "add": self._make(v, (v, v), lambda b, a: b.fadd(*a)),
            "sub": self._make(v, (v, v), lambda b, a: b.fsub(*a)),
            "mul": self._make(v, (v, v), lambda b, a: b.fmul(*a)),
            "max": self._make(v, (v, v), lambda b, a: b.select(b.fcmp_ordered(">", *a), *a)),
            "total": self._make(s, (v,), lambda b, a: self._total(b, a[0])),
            "scale": self._make(v, (v, f), lambda b, a: b.fmul(a[0], self._constant(b, a[1]))),
            "fma": self._make(v, (v, v, v), lambda b, a: self._fma(b, *a)),
            "fma_scaled": self._make(v, (v, f, v), lambda b, a: self._fma(b, a[0], self._constant(b, a[1]), a[2])),
            "fma_broadcast": self._make(
                v, (i, i, v, v), lambda b, a: self._fma(b, self._splat(b, self._scalar(b, a[0], a[1])), a[2], a[3])
            ),
        }
        if self.size == 4:
            made |= self._of_16_bits()
        return made

    def _of_16_bits(self) -> dict[str, Callable[..., Any]]:
        v, i, none = self.type, types.int64, types.void
        bits, half = ir.VectorType(_I16, self.lanes), ir.VectorType(ir.HalfType(), self.lanes)
        wide = {"bf16": self._from_bf16, "fp16": lambda b, x: b.fpext(x, self.vector)}
        narrow = {"bf16": self._to_bf16, "fp16": lambda b, x: b.fptrunc(x, half)}
        made: dict[str, Callable[..., Any]] = {}
        for name, kind in (("bf16", bits), ("fp16", half)):
            widen, shorten = wide[name], narrow[name]

            def load(b: Any, a: list[Any], kind: Any = kind, widen: Any = widen) -> Any:
                return widen(b, b.load(_pointer(b, a[0], a[1], 2, kind), align=2))

            def load_first(b: Any, a: list[Any], kind: Any = kind, widen: Any = widen) -> Any:
                return widen(b, self._load_first(b, kind, 2, *a))

            def store(b: Any, a: list[Any], kind: Any = kind, shorten: Any = shorten) -> Any:
                b.store(shorten(b, a[2]), _pointer(b, a[0], a[1], 2, kind), align=2)

            def store_first(b: Any, a: list[Any], shorten: Any = shorten) -> Any:
                self._store_first(b, 2, a[0], a[1], shorten(b, a[2]), a[3])

            def broadcast(b: Any, a: list[Any], kind: Any = kind, widen: Any = widen) -> Any:
                one = b.load(_pointer(b, a[0], a[1], 2, kind.element), align=2)
                return widen(b, _splat(b, kind, one))

            made |= {
                f"load_{name}": self._make(v, (i, i), load),
                f"load_first_{name}": self._make(v, (i, i, i), load_first),
                f"store_{name}": self._make(none, (i, i, v), store),
                f"store_first_{name}": self._make(none, (i, i, v, i), store_first),
                f"broadcast_{name}": self._make(v, (i, i), broadcast),
            }
        return made

    def _make(self, result: Any, arguments: tuple[Any, ...], emit: _Emit) -> Callable[..., Any]:
        signature = result(*arguments)

        def generate(context: Any, builder: Any, signature: Any, values: list[Any]) -> Any:
            emitted = emit(builder, list(values))
            return context.get_dummy_value() if result is types.void else emitted

        def typed(*given: Any) -> Any:
            return signature, generate

        # Numba counts the parameters of an intrinsic by its signature in Python.
        return intrinsic(_with_parameters(typed, len(arguments)))

    def _zero(self) -> Any:
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def _splat(self, b: Any, value: Any) -> Any:
        return _splat(b, self.vector, value)

    def _constant(self, b: Any, value: Any) -> Any:
        return self._splat(b, value if self.size == 8 else b.fptrunc(value, self.element))

    def _scalar(self, b: Any, address: Any, offset: Any) -> Any:
        return b.load(_pointer(b, address, offset, self.size, self.element), align=self.size)

    def _load(self, b: Any, address: Any, offset: Any) -> Any:
        return b.load(_pointer(b, address, offset, self.size, self.vector), align=self.size)

    def _store(self, b: Any, address: Any, offset: Any, value: Any) -> None:
        b.store(value, _pointer(b, address, offset, self.size, self.vector), align=self.size)

    def _fma(self, b: Any, x: Any, y: Any, z: Any) -> Any:
        if not vector_unit().has_fma:
            # LLVM would call a function of the C library for every lane.
            return b.fadd(b.fmul(x, y), z)
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return b.call(_function(b, kind, f"llvm.fma.v{self.lanes}{self.suffix}"), [x, y, z])

    def _total(self, b: Any, x: Any) -> Any:
        """Halves added until one lane is left: the same order on every processor of this width."""
        count = self.lanes
        while count > 1:
            count //= 2
            undefined = ir.Constant(x.type, ir.Undefined)
            parts = [
                b.shuffle_vector(x, undefined, ir.Constant(ir.VectorType(_I32, count), list(range(at, at + count))))
                for at in (0, count)
            ]
            x = b.fadd(*parts)
        return b.extract_element(x, ir.Constant(_I32, 0))

    def _mask(self, b: Any, count: Any) -> Any:
        """Of the first `count` lanes, all or none where it is outside."""
        numbers = ir.Constant(ir.VectorType(_I64, self.lanes), list(range(self.lanes)))
        return b.icmp_signed("<", numbers, _splat(b, numbers.type, count))

    def _load_first(self, b: Any, kind: Any, size: int, address: Any, offset: Any, count: Any) -> Any:
        pointer = _pointer(b, address, offset, size, kind)
        zeros = ir.Constant(kind, None) if kind.element == _I16 else ir.Constant(kind, [0.0] * self.lanes)
        name = f"llvm.masked.load.v{self.lanes}{_suffix(kind)}.p0"
        mask = self._mask(b, count)
        signature = ir.FunctionType(kind, [pointer.type, _I32, mask.type, kind])
        return b.call(_function(b, signature, name), [pointer, ir.Constant(_I32, size), mask, zeros])

    def _store_first(self, b: Any, size: int, address: Any, offset: Any, value: Any, count: Any) -> None:
        pointer = _pointer(b, address, offset, size, value.type)
        name = f"llvm.masked.store.v{self.lanes}{_suffix(value.type)}.p0"
        mask = self._mask(b, count)
        signature = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, _I32, mask.type])
        b.call(_function(b, signature, name), [value, pointer, ir.Constant(_I32, size), mask])

    def _load_strided(self, b: Any, a: list[Any]) -> Any:
        """The first `n` of elements that lie `step` apart, zeros in the rest; nothing past them is read."""
        address, offset, count, step = a
        numbers = ir.Constant(ir.VectorType(_I64, self.lanes), list(range(self.lanes)))
        places = b.add(_splat(b, numbers.type, offset), b.mul(numbers, _splat(b, numbers.type, step)))
        scaled = b.mul(places, _splat(b, numbers.type, ir.Constant(_I64, self.size)))
        addresses = b.add(scaled, _splat(b, numbers.type, address))
        pointers = b.inttoptr(addresses, ir.VectorType(self.element.as_pointer(), self.lanes))
        mask = self._mask(b, count)
        signature = ir.FunctionType(self.vector, [pointers.type, _I32, mask.type, self.vector])
        name = f"llvm.masked.gather.v{self.lanes}{self.suffix}.v{self.lanes}p0"
        return b.call(_function(b, signature, name), [pointers, ir.Constant(_I32, self.size), mask, self._zero()])

    def _from_bf16(self, b: Any, bits: Any) -> Any:
        wide = b.zext(bits, ir.VectorType(_I32, self.lanes))
        return b.bitcast(b.shl(wide, self._integers(_BF16_SHIFT)), self.vector)

    def _to_bf16(self, b: Any, x: Any) -> Any:
        """Rounded to nearest, ties to even; not-a-number stays one."""
        integers = ir.VectorType(_I32, self.lanes)
        bits = b.bitcast(x, integers)
        last = b.and_(b.lshr(bits, self._integers(_BF16_SHIFT)), self._integers(1))
        rounded = b.add(b.add(bits, last), self._integers(_BF16_HALF))
        quiet = b.or_(bits, self._integers(0x400000))
        chosen = b.select(b.fcmp_unordered("uno", x, x), quiet, rounded)
        return b.trunc(b.lshr(chosen, self._integers(_BF16_SHIFT)), ir.VectorType(_I16, self.lanes))

    def _integers(self, value: int) -> Any:
        return ir.Constant(ir.VectorType(_I32, self.lanes), [value] * self.lanes)


def _pointer(b: Any, address: Any, offset: Any, size: int, kind: Any) -> Any:
    return b.inttoptr(b.add(address, b.mul(offset, ir.Constant(_I64, size))), kind.as_pointer())


def _splat(b: Any, kind: Any, value: Any) -> Any:
    """The same value in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    first = b.insert_element(undefined, value, ir.Constant(_I32, 0))
    return b.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_I32, kind.count), [0] * kind.count))


def _function(b: Any, signature: Any, name: str) -> Any:
    return cgutils.get_or_insert_function(b.module, signature, name)  # type: ignore[no-untyped-call]


def _suffix(kind: Any) -> str:
    if kind.element == _I16:
        return "i16"
    return {"half": "f16", "float": "f32", "double": "f64"}[str(kind.element)]


def _with_parameters(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The function with a typing context and `count` parameters that have names of their own."""
    names = ", ".join(["typing_context", *(f"p{n}" for n in range(count))])
    made: Callable[..., Any] = eval(f"lambda {names}: function({names})", {"function": function})
    return made
