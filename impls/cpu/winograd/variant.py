"""The parameters that determine the instructions of Winograd's kernels: sizes, element type, layout, vector unit."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from impls.cook_toom import Matrix, transforms
from impls.cpu.compiler.host import ELEMENT_BYTES, VectorUnit
from impls.cpu.winograd.straight_line import StraightLine, straight_line
from impls.problem import ConvProblem

# Vectors of output channels in a product, where there are as many; each loaded filter then serves all rows of tiles.
_VECTORS = 2
# Rows of tiles in a product by the number of registers, which hold rows · vectors sums, `vectors` filters, one
# broadcast element, and one product where there is no FMA.
_ROWS = {32: 14, 16: 6}


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of kernels. `taps` is the size of the convolution's kernel, (height, width).

    A product makes `vectors` vectors of output channels. They belong to one group, or to neighbouring groups in a
    vector with `spread` input and output channels each.
    """

    tile: int
    taps: tuple[int, int]
    dtype: str
    layout: str
    unit: VectorUnit
    vectors: int = _VECTORS
    spread: int = 0

    @property
    def alpha(self) -> tuple[int, int]:
        """Inputs of a tile, (height, width): tile + taps − 1."""
        return self.tile + self.taps[0] - 1, self.tile + self.taps[1] - 1

    @property
    def frequencies(self) -> int:
        """Products of a tile for each pair of an input and an output channel."""
        return self.alpha[0] * self.alpha[1]

    @property
    def element_bytes(self) -> int:
        return ELEMENT_BYTES[self.dtype]

    @property
    def lanes(self) -> int:
        return self.unit.lanes(self.element_bytes)

    @property
    def panel(self) -> int:
        """Output channels in one packed block of filters."""
        return self.vectors * self.lanes

    @property
    def rows(self) -> int:
        """The most tiles in one product."""
        return _ROWS[self.unit.registers]

    @property
    def half(self) -> int:
        """Elements of a tile between the two passes of a transform."""
        return self.frequencies * self.lanes

    @property
    def data_flops(self) -> int:
        """FLOPs that transform one tile, in one lane."""
        columns, rows = data_lines(self)
        return self.alpha[1] * columns.flops + self.alpha[0] * rows.flops

    @property
    def inverse_flops(self) -> int:
        """FLOPs that transform one tile back, in one lane; a bias is always added."""
        columns, rows = inverse_lines(self)
        return self.alpha[1] * columns.flops + self.tile * (rows.flops + self.tile)


def variant_of(tile: int, p: ConvProblem, dtype: str, layout: str, unit: VectorUnit) -> Variant | None:
    """The kernels of a problem; None for groups that neither fill whole vectors nor divide one evenly."""
    whole = Variant(tile, p.kernel, dtype, layout, unit)
    channels, filters = p.in_channels // p.groups, p.out_channels // p.groups
    if p.groups == 1 or filters % whole.panel == 0:
        return whole
    if filters % whole.lanes == 0:
        return replace(whole, vectors=1)
    if channels == filters and whole.lanes % filters == 0:
        return replace(whole, vectors=1, spread=filters)
    return None


@functools.cache
def data_lines(variant: Variant) -> tuple[StraightLine, StraightLine]:
    """The code of Bᵀ down the columns, from d0, d1 … to e0, e1 …, and along the rows."""
    columns, rows = (_lines(transforms(variant.tile, taps).data) for taps in variant.taps)
    return columns, rows


@functools.cache
def inverse_lines(variant: Variant) -> tuple[StraightLine, StraightLine]:
    """The code of Aᵀ down the columns, from d0, d1 … to e0, e1 …, and along the rows."""
    columns, rows = (_lines(transforms(variant.tile, taps).inverse) for taps in variant.taps)
    return columns, rows


def _lines(matrix: Matrix) -> StraightLine:
    return straight_line(matrix, [f"d{n}" for n in range(len(matrix[0]))], [f"e{n}" for n in range(len(matrix))])
