"""The loops over private arrays that measure the bandwidth of a cache or of the memory.

There are two, because levels differ in which runs faster: reading alone (a sum), and two reads with one write (the
triad of J. D. McCalpin's STREAM). Bytes are counted as in STREAM: each byte that the program names counts once.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_LINE_BYTES = 64
_DOUBLE_BYTES = 8
# Arrays a multiple of 4096 bytes apart make loads wait for unrelated stores.
_APART_BYTES = 5 * _LINE_BYTES


@numba.njit("float64(float64[::1], int64)", cache=True, nogil=True, fastmath=True)
def read(a, passes):
    """Sum the array `passes` times."""
    total = 0.0
    for _ in range(passes):
        for i in range(a.size):
            total += a[i]
    return total


@numba.njit("float64(float64[::1], float64[::1], float64[::1], int64)", cache=True, nogil=True, fastmath=True)
def triad(a, b, c, passes):
    """Compute a ← b + 0.5 · c `passes` times."""
    for _ in range(passes):
        for i in range(a.size):
            a[i] = b[i] + 0.5 * c[i]
    return a[0]


# Name: (number of arrays, loop); the loop is called with the arrays and a number of passes.
STREAMS: dict[str, tuple[int, Callable[..., float]]] = {"read": (1, read), "triad": (3, triad)}


def private_memory(total_bytes: int) -> Doubles:
    """Memory of ones for `arrays_in` of `total_bytes`, for any of STREAMS."""
    most = max(count for count, _ in STREAMS.values())
    lines = max(most, total_bytes // _LINE_BYTES)
    return np.ones(lines * _LINE_BYTES // _DOUBLE_BYTES + (most * _APART_BYTES + _LINE_BYTES) // _DOUBLE_BYTES)


def arrays_in(memory: Doubles, total_bytes: int, count: int) -> list[Doubles]:
    """`count` arrays in the memory, `total_bytes` together (rounded down to cache lines, at least one line each).

    Each starts on a cache line, so that no vector crosses two lines.
    """
    numbers = max(1, total_bytes // count // _LINE_BYTES) * _LINE_BYTES // _DOUBLE_BYTES
    stride = numbers + _APART_BYTES // _DOUBLE_BYTES
    first = -memory.ctypes.data % _LINE_BYTES // _DOUBLE_BYTES
    return [memory[first + n * stride : first + n * stride + numbers] for n in range(count)]
