"""The counted work of a convolution on a GPU by code path: pointwise (1 × 1), spatial, grouped."""

from __future__ import annotations

import numpy as np

from impls.cost_model.cost_table import CostTable, Floats, Integers
from impls.cost_model.counted import Constant, CountedWork, padded, steps

# Pixels of a tile of the matrix product, and filters: what a tile does not fill is computed all the same.
_TILE_PIXELS, _TILE_FILTERS = 32, 32
# With fewer pixels than this the product is bound by its weights, and each further pixel costs.
_FEW_PIXELS = 64
# Weights of one input channel (taps × filters) at which half of the reads of a rearranged kernel miss the cache: 24 KiB
# of floats. Rearranging reads a kernel across its order in memory.
_REACH_WEIGHTS = 6000

POINTWISE, SPATIAL, GROUPED = range(3)
_PATHS = ("pointwise", "spatial", "grouped")
_FLOORS = tuple(
    Constant(f"{path} floor", "call", f"least time of a {path} convolution: launch and waiting", is_floor=True)
    for path in _PATHS
)
_STREAM = Constant("pointwise weights", "byte", "weights of 1 × 1 kernels read once")
_AGAIN = Constant(
    "pointwise weights again", "byte", f"the same weights read for each further tile of {_TILE_PIXELS} pixels"
)
_IN_OUT = Constant("pointwise input and output", "byte", "input read and output written by 1 × 1 kernels")
_FEW = Constant("pointwise MACs of few pixels", "MAC", f"products of 1 × 1 kernels on 2 to {_FEW_PIXELS - 1} pixels")
_MACS = Constant("spatial MACs", "MAC", f"products, with filters padded to tiles of {_TILE_FILTERS}")
_REARRANGED = Constant("spatial input and output", "byte", "input and output moved, rearranging included")
_KERNEL = Constant("spatial weights out of reach", "weight", "rearranging the kernel where its reads miss the cache")
_REDUCTION = Constant("spatial reduction", "step", "one step (channel × tap) of the sum that nothing else overlaps")
_GROUPED_MACS = Constant("grouped MACs", "MAC", "products of grouped and depthwise convolutions")
_GROUPED_BYTES = Constant("grouped bytes", "byte", "input, weights and output of grouped and depthwise convolutions")

CONSTANTS = (
    *_FLOORS, _STREAM, _AGAIN, _IN_OUT, _FEW, _MACS, _REARRANGED, _KERNEL, _REDUCTION, _GROUPED_MACS, _GROUPED_BYTES,
)  # fmt: skip


def path_of(table: CostTable) -> Integers:
    """The number of the code path of each row."""
    grouped = table.size("groups") > 1
    return np.where(grouped, GROUPED, np.where(table.taps == 1, POINTWISE, SPATIAL)).astype(np.int64)


def counted(table: CostTable) -> list[CountedWork]:
    """The work of every constant; 0 in the rows of other code paths."""
    path, size = path_of(table), table.subject.element_bytes
    weights, pixels, channels, filters = table.weights, table.pixels, table.channels, table.filters

    def on(number: int, constant: Constant, amounts: Floats) -> CountedWork:
        return CountedWork(constant, np.where(path == number, amounts, 0.0))

    ones, moved = np.ones(len(table)), (table.inputs + table.outputs) * size
    few = (pixels > 1) & (pixels < _FEW_PIXELS)
    beyond = (table.taps * filters / _REACH_WEIGHTS) ** 2
    return [
        *(on(number, floor, ones) for number, floor in enumerate(_FLOORS)),
        on(POINTWISE, _STREAM, weights * size),
        on(POINTWISE, _AGAIN, weights * size * (steps(pixels, _TILE_PIXELS) - 1)),
        on(POINTWISE, _IN_OUT, moved),
        on(POINTWISE, _FEW, np.where(few, table.macs, 0.0)),
        on(SPATIAL, _MACS, pixels * channels * table.taps * padded(filters, _TILE_FILTERS)),
        on(SPATIAL, _REARRANGED, moved),
        on(SPATIAL, _KERNEL, weights * beyond / (1 + beyond)),
        on(SPATIAL, _REDUCTION, channels * table.taps),
        on(GROUPED, _GROUPED_MACS, table.macs),
        on(GROUPED, _GROUPED_BYTES, table.compulsory_bytes),
    ]


def places(table: CostTable) -> Floats:
    """Coordinates in octaves. Taps count double; code paths, and lines of one pixel each (dense layers), lie apart."""
    path = path_of(table)
    dense = (path == POINTWISE) & (table.size("width") == 1)
    return np.stack(
        [
            np.log2(table.pixels), np.log2(table.channels), np.log2(table.filters), 2 * np.log2(table.taps),
            10.0 * (path == POINTWISE), 3.0 * dense, 10.0 * (path == GROUPED), np.log2(table.size("groups")),
            np.log2(table.size("stride_h")), np.log2(table.size("dilation_h")), 1.0 * table.is_nhwc,
        ],
        axis=1,
    )  # fmt: skip


def floor_of(table: CostTable) -> Integers:
    """The number of the floor of each row: rows at one floor deviate together."""
    return path_of(table)
