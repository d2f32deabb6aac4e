"""The kernels that transpose squares of lanes × lanes between planes (NCHW) and vectors of channels."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from impls.cpu.compiler import generated, last_write
from impls.epilogue import NO_EPILOGUE, Epilogue

# Writes a vector of channels for each of `columns` pixels of x, with zeros for missing channels, in whole squares.
CHANNELS_LAST = "x, plane, y, channels, columns"
# Writes `channels` channels of `columns` pixels each, of the square of vectors at x, and nothing else.
CHANNELS_FIRST = "x, y, plane, channels, columns"
CLEAR = "y, vectors"


@functools.cache
def transposition_kernels(dtype: str, lanes: int, epilogue: Epilogue = NO_EPILOGUE) -> tuple[int, int, int]:
    """Addresses: planes to vectors of channels, the way back, and a kernel that writes vectors of zeros."""
    texts = transposition_sources(dtype, lanes, epilogue)
    last, first, clear = (generated.module("transposition", text) for text in texts)
    return last.channels_last.address, first.channels_first.address, clear.clear.address


def transposition_sources(dtype: str, lanes: int, epilogue: Epilogue = NO_EPILOGUE) -> tuple[str, str, str]:
    """The texts of `channels_last`, `channels_first`, which applies the epilogue, and `clear`."""
    steps = [1 << k for k in range(lanes.bit_length() - 1)]
    names = ["zero", "load", "store", "load_first", "store_first"]
    names += [f"{which}_blocks_{size}" for which in ("even", "odd") for size in steps]
    head = generated.header(dtype, lanes, names)
    turned = _turned(lanes, steps)
    some = [f"columns if {n} < channels else 0" for n in range(lanes)]
    vectors = [f"load(x, {n * lanes})" for n in range(lanes)]
    planes = [f"load(x, {n} * plane)" for n in range(lanes)]
    some_planes = [f"load_first(x, {n} * plane, {some[n]})" for n in range(lanes)]
    last = [f"store(y, {n * lanes}, r{n})" for n in range(lanes)]
    first = [last_write.store(epilogue, "y", f"{n} * plane", f"r{n}") for n in range(lanes)]
    some_first = [last_write.store(epilogue, "y", f"{n} * plane", f"r{n}", some[n]) for n in range(lanes)]
    first_head = generated.header(dtype, lanes, (*names, *last_write.operations(epilogue)))
    channels_first = f"channels_first({last_write.arguments(epilogue, CHANNELS_FIRST)})"
    return (
        head + _kernel(f"channels_last({CHANNELS_LAST})", lanes, _read(planes), _read(some_planes), [*turned, *last]),
        first_head + _kernel(channels_first, lanes, [*_read(vectors), *turned, *first],
                             [*_read(vectors), *turned, *some_first], []),
        head + "\n".join(["@kernel(2)", f"def clear({CLEAR}):", "    for n in range(vectors):",
                          f"        store(y, n * {lanes}, zero())", ""]),
    )  # fmt: skip


def _read(values: Sequence[str]) -> list[str]:
    return [f"r{n} = {value}" for n, value in enumerate(values)]


def _kernel(head: str, lanes: int, whole: Sequence[str], part: Sequence[str], then: Sequence[str]) -> str:
    """A kernel with masked operations only where the square is not whole: they are slow on some processors."""
    lines = [
        f"@kernel({head.count(',') + 1})",
        f"def {head}:",
        f"    if channels >= {lanes} and columns >= {lanes}:",
        *(f"        {line}" for line in whole),
        "    else:",
        *(f"        {line}" for line in part),
        *(f"    {line}" for line in then),
        "",
    ]
    return "\n".join(lines)


def _turned(lanes: int, steps: Sequence[int]) -> list[str]:
    """Lines that transpose r0, r1 … by log₂(lanes) rounds of exchanges of blocks.

    Source: J. O. Eklundh, "A Fast Computer Method for Matrix Transposing", IEEE Trans. Computers C-21(7), 1972.
    """
    lines = []
    for size in steps:
        for n in range(lanes):
            if not n & size:
                x, y = f"r{n}", f"r{n + size}"
                lines += [f"q = even_blocks_{size}({x}, {y})", f"{y} = odd_blocks_{size}({x}, {y})", f"{x} = q"]
    return lines
