"""Compiles single operations of the vector layer, to be called from Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from impls.cpu.compiler.generated import header, module
from impls.cpu.compiler.simd import Vector

WIDTHS = [("float32", 4), ("float32", 8), ("float32", 16), ("float64", 2), ("float64", 4), ("float64", 8)]
# Fills memory that nothing may write to.
OUTSIDE = -7.0

Compiled = dict[str, Callable[..., Any]]


def compiled(v: Vector, names: dict[str, str], *more: str) -> Compiled:
    """Functions of one statement each, on addresses a, b, y, an offset o and a count n."""
    text = [f"@kernel(5)\ndef {name}(a, b, y, o, n):\n    {body}\n" for name, body in names.items()]
    made = module("operations", header(v.dtype, v.lanes, v.operations, more) + "\n".join(text))
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 5)
    return {name: function(getattr(made, name).address) for name in names}
