"""The kernel that copies a run of elements with zeros before and after it: one row of a padded image."""

from __future__ import annotations

import functools

from impls.cpu.compiler import generated

_TEXT = '''@kernel(5)
def padded_row(source, target, before, count, behind):
    """Write `before` zeros, `count` elements of source, `behind` zeros."""
    nothing = zero()
    for at in range(0, before, LANES):
        store_first(target, at, nothing, before - at)
    whole = count - count % LANES
    for at in range(0, whole, LANES):
        store(target, before + at, load(source, at))
    store_first(target, before + whole, load_first(source, whole, count - whole), count - whole)
    first = before + count
    for at in range(0, behind, LANES):
        store_first(target, first + at, nothing, behind - at)
'''


@functools.cache
def padded_row_kernel(dtype: str, lanes: int) -> int:
    """The address of the kernel's machine code; compiled if no process has compiled it yet."""
    head = generated.header(dtype, lanes, ("zero", "load", "load_first", "store", "store_first"))
    text = head + _TEXT.replace("LANES", str(lanes))
    address: int = generated.module("padded_row", text).padded_row.address
    return address
