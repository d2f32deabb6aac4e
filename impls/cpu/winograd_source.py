"""Source of Winograd kernels for one tile, kernel size, element type, layout and vector unit.

The transforms and the product are unrolled, one variable for each register; impls.cpu.winograd_template holds the loops
around them. What a kernel executes is counted from the same lines that are written here.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from impls.cook_toom import transforms
from impls.cpu.host import VectorUnit
from impls.cpu.straight_line import StraightLine, straight_line
from impls.cpu.winograd_blocking import SIZES
from impls.cpu.winograd_template import COMMON, NCHW, NHWC

_ELEMENT_BYTES = {"float32": 4, "float64": 8}
# Vectors of output channels that a product keeps beside its rows of tiles; each loaded filter then serves all rows.
VECTORS = 2
# Rows of tiles in a product, by the registers there are: rows · VECTORS sums, VECTORS filters, one broadcast, and
# without an FMA one product.
_ROWS = {32: 14, 16: 6}
# A strip of transposed data for a run of tiles (NCHW) stays within half of a first-level cache.
_STRIP_BYTES = 24 * 1024

_OPERATIONS = (
    "zero", "load", "store", "load_first", "store_first", "add", "sub", "scale", "fma_scaled", "fma_broadcast",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variant:
    """What a module is generated for. `taps` are those of the kernel, (height, width)."""

    tile: int
    taps: tuple[int, int]
    dtype: str
    layout: str
    unit: VectorUnit

    @property
    def alpha(self) -> tuple[int, int]:
        """Inputs of a tile, (height, width): tile + taps − 1."""
        return self.tile + self.taps[0] - 1, self.tile + self.taps[1] - 1

    @property
    def frequencies(self) -> int:
        """Products an input and output channel that a tile costs."""
        return self.alpha[0] * self.alpha[1]

    @property
    def element_bytes(self) -> int:
        return _ELEMENT_BYTES[self.dtype]

    @property
    def lanes(self) -> int:
        return self.unit.lanes(self.element_bytes)

    @property
    def panel(self) -> int:
        """Output channels of one packed block of filters."""
        return VECTORS * self.lanes

    @property
    def rows(self) -> int:
        """Tiles that one product handles at most."""
        return _ROWS[self.unit.registers]

    @property
    def run(self) -> int:
        """Tiles side by side whose data are transposed together (NCHW)."""
        columns = _STRIP_BYTES // (self.alpha[0] * self.lanes * self.element_bytes)
        return max(1, columns // self.tile)

    @property
    def scratch(self) -> int:
        """Elements of a worker's own: a tile between its two passes, and for NCHW a strip."""
        half = self.frequencies * self.lanes
        if self.layout == "nhwc":
            return half
        columns = self.run * self.tile + self.alpha[1] - self.tile
        # Transpositions write whole vectors, at the end of the strip behind it.
        return half + (max(self.alpha[0], self.tile) * columns + self.lanes) * self.lanes

    @property
    def transform_flops(self) -> int:
        """Of one tile in one lane of data."""
        first, second = _data(self)
        return self.alpha[1] * first.flops + self.alpha[0] * second.flops

    @property
    def inverse_flops(self) -> int:
        """Of one tile in one lane of outputs; the bias is always added."""
        first, second = _inverse(self)
        return self.alpha[1] * first.flops + self.tile * (second.flops + self.tile)


@functools.cache
def source(variant: Variant) -> str:
    """The text of the module."""
    return header(variant) + body(variant)


def header(variant: Variant) -> str:
    """Imports and constants."""
    constants = {
        "TILE": variant.tile, "ALPHA_H": variant.alpha[0], "ALPHA_W": variant.alpha[1], "LANES": variant.lanes,
        "PANEL": variant.panel, "ROWS": variant.rows, "RUN": variant.run, "ELEMENT": variant.element_bytes,
    }  # fmt: skip
    return "\n".join(
        [
            f'"""Winograd kernels: {variant}."""',
            "",
            "from numba import int64, njit, prange",
            "from impls.cpu.interleave import interleave",
            "from impls.cpu.simd import vector",
            "",
            f"_vector = vector({variant.dtype!r}, {variant.lanes})",
            *(f"v_{name} = _vector.{name}" for name in _OPERATIONS),
            "v_zip_low, v_zip_high = interleave(_vector)",
            'SERIAL = {"cache": True, "nogil": True, "error_model": "numpy"}',
            'PARALLEL = {**SERIAL, "parallel": True}',
            *(f"{name} = {value}" for name, value in constants.items()),
            *(f"{name.upper()} = {n}" for n, name in enumerate(SIZES)),
            "",
        ]
    )


def body(variant: Variant) -> str:
    """The functions, on the names that the header sets."""
    functions = [
        _data_tile(variant, border=False),
        _inverse_tile(variant, border=False),
        *(_product(variant, rows) for rows in range(1, variant.rows + 1)),
        _any_product(variant),
    ]
    if variant.layout == "nhwc":
        functions += [_data_tile(variant, border=True), _inverse_tile(variant, border=True), NHWC]
    else:
        functions += [*_transpositions(variant.lanes), NCHW]
    return "\n\n".join([*functions, COMMON])


@functools.cache
def _data(variant: Variant) -> tuple[StraightLine, StraightLine]:
    """Bᵀ down the columns, then along the rows."""
    first, second = (transforms(variant.tile, taps).data for taps in variant.taps)
    return _line(first), _line(second)


@functools.cache
def _inverse(variant: Variant) -> tuple[StraightLine, StraightLine]:
    """Aᵀ down the columns, then along the rows."""
    first, second = (transforms(variant.tile, taps).inverse for taps in variant.taps)
    return _line(first), _line(second)


def _line(matrix: Sequence[Sequence[Fraction]]) -> StraightLine:
    rows = tuple(tuple(row) for row in matrix)
    return straight_line(rows, _names("d", len(rows[0])), _names("e", len(rows)))


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{n}" for n in range(count)]


def _function(head: str, what: str, *blocks: tuple[int, Sequence[str]]) -> str:
    """A compiled function; blocks of lines by their depth."""
    lines = [f"{'    ' * depth}{line}" for depth, block in blocks for line in block]
    return "\n".join(["@njit(**SERIAL)", f"def {head}:", f'    """{what}"""', *lines])


def _data_tile(variant: Variant, *, border: bool) -> str:
    """x points to the tile's first pixel. At a border, rows top … bottom − 1 and columns left … right − 1 of the tile
    lie in the image, and `count` channels from x on; the rest is zero and is not read."""
    height, width = variant.alpha
    first, second = _data(variant)
    if border:
        head = "data_border_tile(x, row, column, v, frequency, half, top, bottom, left, right, count)"
        inside = ["inside = count if left <= j < right else 0"]
        loads = [
            f"d{i} = v_load_first(x, {i} * row + j * column, inside if top <= {i} < bottom else 0)"
            for i in range(height)
        ]
    else:
        head, inside = "data_tile(x, row, column, v, frequency, half)", []
        loads = [f"d{i} = v_load(x, {i} * row + j * column)" for i in range(height)]
    return _function(
        head,
        "Bᵀ d B of one tile in LANES channels.",
        (1, [f"for j in range({width}):"]),
        (2, [*inside, *loads, *first.lines]),
        (2, [f"v_store(half, ({i * width} + j) * LANES, e{i})" for i in range(height)]),
        (1, [f"for i in range({height}):"]),
        (2, [f"d{j} = v_load(half, (i * {width} + {j}) * LANES)" for j in range(width)]),
        (2, second.lines),
        (2, [f"v_store(v, (i * {width} + {j}) * frequency, e{j})" for j in range(width)]),
    )


def _inverse_tile(variant: Variant, *, border: bool) -> str:
    """y points to the tile's first pixel. At a border, `rows` rows, `columns` columns and `count` channels exist."""
    (height, width), tile = variant.alpha, variant.tile
    first, second = _inverse(variant)
    if border:
        head = "inverse_border_tile(m, frequency, y, row, column, half, b, rows, columns, count)"
        bias = "v_load_first(b, 0, count)"
        inside = ["inside = count if i < rows else 0"]
        stores = [
            f"v_store_first(y, i * row + {j} * column, v_add(e{j}, bias), inside if {j} < columns else 0)"
            for j in range(tile)
        ]
    else:
        head, bias, inside = "inverse_tile(m, frequency, y, row, column, half, b)", "v_load(b, 0)", []
        stores = [f"v_store(y, i * row + {j} * column, v_add(e{j}, bias))" for j in range(tile)]
    return _function(
        head,
        "Aᵀ m A + b of one tile in LANES channels.",
        (1, [f"for j in range({width}):"]),
        (2, [f"d{i} = v_load(m, ({i * width} + j) * frequency)" for i in range(height)]),
        (2, first.lines),
        (2, [f"v_store(half, ({i * width} + j) * LANES, e{i})" for i in range(tile)]),
        (1, [f"bias = {bias}"]),
        (1, [f"for i in range({tile}):"]),
        (2, inside),
        (2, [f"d{j} = v_load(half, (i * {width} + {j}) * LANES)" for j in range(width)]),
        (2, [*second.lines, *stores]),
    )


def _product(variant: Variant, rows: int) -> str:
    """Sums over channels of `rows` tiles times a panel of output channels, all in registers."""
    every = [(r, n) for r in range(rows) for n in range(VECTORS)]
    return _function(
        f"product_{rows}(v, v_row, u, m, m_row, channels)",
        "m = v · u for one frequency and panel.",
        (1, [f"s{r}_{n} = v_zero()" for r, n in every]),
        (1, ["for c in range(channels):"]),
        (2, [f"u{n} = v_load(u, c * PANEL + {n} * LANES)" for n in range(VECTORS)]),
        (2, [f"s{r}_{n} = v_fma_broadcast(v, {r} * v_row + c, u{n}, s{r}_{n})" for r, n in every]),
        (1, [f"v_store(m, {r} * m_row + {n} * LANES, s{r}_{n})" for r, n in every]),
    )


def _any_product(variant: Variant) -> str:
    arguments = "(v, v_row, u, m, m_row, channels)"
    choices = [
        line
        for rows in range(variant.rows, 0, -1)
        for line in (f"{'el' if rows < variant.rows else ''}if tiles == {rows}:", f"    product_{rows}{arguments}")
    ]
    return _function("product(tiles, v, v_row, u, m, m_row, channels)", "The product for so many tiles.", (1, choices))


def _transpositions(lanes: int) -> list[str]:
    """Blocks of LANES × LANES between planes (a channel's pixels together) and vectors of channels."""
    masked = [f"columns if {n} < channels else 0" for n in range(lanes)]
    loads = [f"r{n} = v_load(x, {n} * plane)" for n in range(lanes)]
    some_loads = [f"r{n} = v_load_first(x, {n} * plane, {masked[n]})" for n in range(lanes)]
    strip_stores = [f"v_store(y, {n} * LANES, r{n})" for n in range(lanes)]
    strip_loads = [f"r{n} = v_load(x, {n} * LANES)" for n in range(lanes)]
    stores = [f"v_store(y, {n} * plane, r{n})" for n in range(lanes)]
    some_stores = [f"v_store_first(y, {n} * plane, r{n}, {masked[n]})" for n in range(lanes)]
    last, first = "LANES pixels, channels last.", "LANES channels, pixels last."
    zipped = _zipped(lanes)
    return [
        _function("channels_last(x, plane, y)", last, (1, [*loads, *zipped, *strip_stores])),
        _function(
            "channels_last_masked(x, plane, y, channels, columns)", last, (1, [*some_loads, *zipped, *strip_stores])
        ),
        _function("channels_first(x, y, plane)", first, (1, [*strip_loads, *zipped, *stores])),
        _function(
            "channels_first_masked(x, y, plane, channels, columns)", first, (1, [*strip_loads, *zipped, *some_stores])
        ),
    ]


def _zipped(lanes: int) -> list[str]:
    """r0 … r(lanes − 1) transposed: rows n and n + lanes / 2 interleaved, log₂ lanes times."""
    lines = []
    for _ in range(lanes.bit_length() - 1):
        pairs = [(n, n + lanes // 2) for n in range(lanes // 2)]
        lines += [
            line
            for n, (a, b) in enumerate(pairs)
            for line in (f"q{2 * n} = v_zip_low(r{a}, r{b})", f"q{2 * n + 1} = v_zip_high(r{a}, r{b})")
        ]
        lines += [f"r{n} = q{n}" for n in range(lanes)]
    return lines
