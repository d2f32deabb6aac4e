"""The kernels that transform Winograd's tiles: a vector of channels of one tile at a time, unrolled.

Both passes of a transform are loops over straight-line code; between them the tile is in a scratch, `half`. Meanwhile
the inputs and outputs of the next tile are prefetched, where they are far apart in memory (NHWC). All arguments are
addresses, steps in elements, and counts. FLOPs are counted from the same lines that make the kernels.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from impls.cpu.compiler import generated, last_write
from impls.cpu.winograd.variant import Variant, data_lines, inverse_lines
from impls.epilogue import NO_EPILOGUE, Epilogue

_OPERATIONS = (
    "load", "store", "load_first", "store_first", "add", "sub", "scale", "fma_scaled", "prefetch", "prefetch_to_write",
)  # fmt: skip
DATA = "x, row, column, v, frequency, half"
# At a border, only rows [top, bottom) and columns [left, right) of the tile and `count` channels from x on exist; other
# values are zero and are not read.
DATA_BORDER = f"{DATA}, top, bottom, left, right, count"
INVERSE = "m, frequency, y, row, column, half, bias"
# At a border, only `rows`, `columns` and `count` channels exist.
INVERSE_BORDER = f"{INVERSE}, rows, columns, count"


@functools.cache
def tile_kernels(variant: Variant, epilogue: Epilogue = NO_EPILOGUE) -> tuple[int, int, int, int]:
    """Addresses: the transform of data and its version for borders, the transform back and its version for borders.

    NCHW tiles are gathered with zeros around them and need no versions for borders: their addresses are 0. They are
    transformed back to a strip, and have no epilogue before they are transposed to their planes.
    """
    own = epilogue if variant.layout == "nhwc" else NO_EPILOGUE
    at_borders = (True, False) if variant.layout == "nhwc" else (False,)
    data = {b: generated.module("winograd_data", data_source(variant, border=b)).data.address for b in at_borders}
    inverse = {
        b: generated.module("winograd_inverse", inverse_source(variant, border=b, epilogue=own)).inverse.address
        for b in at_borders
    }
    return data[False], data.get(True, 0), inverse[False], inverse.get(True, 0)


def data_source(variant: Variant, *, border: bool) -> str:
    """The text of the kernel `data`: v = Bᵀ d B, of the tile whose first pixel is at x."""
    height, width = variant.alpha
    columns, rows = data_lines(variant)
    # The first columns of the next tile are also in this tile.
    ahead = range(width, width + variant.tile) if variant.layout == "nhwc" else ()
    if border:
        inside = ["inside = count if left <= j < right else 0"]
        loads = [
            f"d{i} = load_first(x, {i} * row + j * column, inside if top <= {i} < bottom else 0)" for i in range(height)
        ]
    else:
        inside, loads = [], [f"d{i} = load(x, {i} * row + j * column)" for i in range(height)]
    return _source(
        variant,
        f"data({DATA_BORDER if border else DATA})",
        (1, [f"for j in range({width}):"]),
        (2, [*inside, *loads, *columns.lines]),
        (2, [f"store(half, ({i * width} + j) * {variant.lanes}, e{i})" for i in range(height)]),
        (1, [f"for i in range({height}):"]),
        (2, [f"d{j} = load(half, (i * {width} + {j}) * {variant.lanes})" for j in range(width)]),
        (2, [f"prefetch(x, i * row + {j} * column)" for j in ahead]),
        (2, rows.lines),
        (2, [f"store(v, (i * {width} + {j}) * frequency, e{j})" for j in range(width)]),
    )


def inverse_source(variant: Variant, *, border: bool, epilogue: Epilogue = NO_EPILOGUE) -> str:
    """The text of the kernel `inverse`: y = Aᵀ m A + bias, to the tile whose first pixel is at y."""
    places = [f"i * row + {j} * column" for j in range(variant.tile)]
    (height, width), tile, lanes = variant.alpha, variant.tile, variant.lanes
    columns, rows = inverse_lines(variant)
    ahead = range(tile, 2 * tile) if variant.layout == "nhwc" else ()
    if border:
        start, inside = "b = load_first(bias, 0, count)", ["inside = count if i < rows else 0"]
        stores = [
            last_write.store(epilogue, "y", place, f"add(e{j}, b)", f"inside if {j} < columns else 0")
            for j, place in enumerate(places)
        ]
    else:
        start, inside = "b = load(bias, 0)", []
        stores = [last_write.store(epilogue, "y", place, f"add(e{j}, b)") for j, place in enumerate(places)]
    return _source(
        variant,
        f"inverse({last_write.arguments(epilogue, INVERSE_BORDER if border else INVERSE)})",
        (1, [f"for j in range({width}):"]),
        (2, [f"d{i} = load(m, ({i * width} + j) * frequency)" for i in range(height)]),
        (2, columns.lines),
        (2, [f"store(half, ({i * width} + j) * {lanes}, e{i})" for i in range(tile)]),
        (1, [start, f"for i in range({tile}):"]),
        (2, [*inside, *(f"d{j} = load(half, (i * {width} + {j}) * {lanes})" for j in range(width))]),
        (2, [f"prefetch_to_write(y, i * row + {j} * column)" for j in ahead]),
        (2, [*rows.lines, *stores]),
        more=last_write.operations(epilogue),
    )


def _source(variant: Variant, head: str, *blocks: tuple[int, Sequence[str]], more: Sequence[str] = ()) -> str:
    """The text of a module with one kernel, made of blocks of lines with their indentation; `more` operations."""
    lines = [f"{'    ' * depth}{line}" for depth, block in blocks for line in block]
    first = generated.header(variant.dtype, variant.lanes, (*_OPERATIONS, *more))
    return first + "\n".join([f"@kernel({head.count(',') + 1})", f"def {head}:", *lines, ""])
