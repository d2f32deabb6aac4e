"""The kernel of max pooling, channels last: the largest of the taps of one output pixel, channel by channel."""

from __future__ import annotations

import functools

from impls.cpu.compiler import generated

_OPERATIONS = ("load", "load_first", "store", "store_first", "max_or_nan")
_TEXT = '''@kernel(7)
def largest(x, y, channels, rows, columns, row, column):
    """y[c] is the largest of x[i · row + j · column + c], for rows × columns taps, at least one."""
    whole = channels - channels % LANES
    for c in range(0, whole, LANES):
        found = load(x, c)
        for i in range(rows):
            for j in range(columns):
                found = max_or_nan(load(x, i * row + j * column + c), found)
        store(y, c, found)
    if whole < channels:
        left = channels - whole
        found = load_first(x, whole, left)
        for i in range(rows):
            for j in range(columns):
                found = max_or_nan(load_first(x, i * row + j * column + whole, left), found)
        store_first(y, whole, found, left)
'''


@functools.cache
def largest_kernel(dtype: str, lanes: int) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    text = generated.header(dtype, lanes, _OPERATIONS) + _TEXT.replace("LANES", str(lanes))
    address: int = generated.module("max_pool", text).largest.address
    return address
