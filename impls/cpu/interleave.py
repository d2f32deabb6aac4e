"""Two vectors interleaved: of rows, log₂ of their number of such steps make columns (a transposition)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from impls.cpu.simd import Vector


def interleave(vector: Vector) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """(low, high) for Numba: x0 y0 x1 y1 … of the lower halves of x and y, and the same of the upper."""
    half = vector.lanes // 2
    return _shuffle(vector, 0), _shuffle(vector, half)


def _shuffle(vector: Vector, first: int) -> Callable[..., Any]:
    lanes = vector.lanes
    order = [place + side for place in range(first, first + lanes // 2) for side in (0, lanes)]
    mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), order)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.shuffle_vector(values[0], values[1], mask)

    def interleaved(typing_context: Any, x: Any, y: Any) -> Any:
        return vector.type(vector.type, vector.type), generate

    made: Callable[..., Any] = intrinsic(interleaved)
    return made
