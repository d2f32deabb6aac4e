"""Calls kernels by their address, from code that was compiled without knowing them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

_I64 = ir.IntType(64)
# Untyped: callers leave out the typing context.
_intrinsic: Any = intrinsic
_overload: Any = overload
# The field of a driver's record, and the last argument of a kernel, for the distance of a residual from the output.
RESIDUAL = "residual"


@_intrinsic
def call(typing_context, address, arguments):
    """Call the C function at `address` with a tuple of integers, as int64s; it returns nothing."""
    signature = types.void(types.int64, arguments)

    def generate(context: Any, builder: Any, signature: Any, values: list[Any]) -> Any:
        target, packed = values
        given = cgutils.unpack_tuple(builder, packed)  # type: ignore[no-untyped-call]
        kinds = zip(given, arguments.types, strict=True)
        integers = [context.cast(builder, value, kind, types.int64) for value, kind in kinds]
        function = ir.FunctionType(ir.VoidType(), [_I64] * len(integers))
        builder.call(builder.inttoptr(target, function.as_pointer()), integers)
        return context.get_dummy_value()

    return signature, generate


def residual_of(g: Any) -> tuple[int, ...]:
    """The arguments that a driver appends for kernels with a residual: its distance; none for other records."""
    return (getattr(g, RESIDUAL),) if hasattr(g, RESIDUAL) else ()


@_overload(residual_of, inline="always")
def _residual_of(g):
    """By the type of the record: code for records without a residual is as if nothing was appended."""
    if RESIDUAL in g.fields:
        return lambda g: (g.residual,)

    def none(g):
        return ()

    return none


def ending_of(operands: Any, is_last: bool) -> tuple[int, ...]:
    """As residual_of, where outputs are written several times: before it, whether this is the last write."""
    return (is_last, getattr(operands, RESIDUAL)) if hasattr(operands, RESIDUAL) else ()


@_overload(ending_of, inline="always")
def _ending_of(operands, is_last):
    if RESIDUAL in operands.fields:
        return lambda operands, is_last: (is_last, operands.residual)

    def none(operands, is_last):
        return ()

    return none
