"""Runs parts of work on Numba's threads. Used where torch's OpenMP cannot be found."""

from __future__ import annotations

from typing import Any

import numba
from numba.core import types
from numba.extending import intrinsic

from impls.cpu.compiler.forking import SHARE

# Untyped: callers leave out the typing context.
_intrinsic: Any = intrinsic


@_intrinsic
def _call(typing_context, share, data, thread, part, parts):
    """Call the C function at `share` with the data, the thread, the part and the number of parts."""

    def generate(context: Any, builder: Any, signature: Any, values: list[Any]) -> Any:
        address, *given = values
        builder.call(builder.inttoptr(address, SHARE.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


@numba.njit(parallel=True, nogil=True, error_model="numpy")
def _loop(share, data, threads):
    # One part for each thread: Numba divides the loop before it begins.
    for thread in numba.prange(threads):
        _call(share, data, thread, thread, threads)


@numba.cfunc("void(int64, int64, int64)")
def in_parts(share, data, threads):
    """Call the function at `share` as share(data, thread, part, parts) for each part."""
    _loop(share, data, threads)
