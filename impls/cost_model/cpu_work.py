"""The counted work of a convolution on a CPU by code path: what the plan chooses where it is known, else by shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impls.cost_model.cost_table import Bools, CostTable, Floats, Integers
from impls.cost_model.counted import Constant, CountedWork, padded

# Bytes of a vector; a line of FLOPs that it does not fill is lost.
_VECTOR_BYTES = 64
# Bytes that a core's second-level cache holds.
_CACHE_BYTES = 2**20
# Fewer filters than this do not fill vectors of output channels; so few channels make short sums.
_FEW_FILTERS, _FEW_CHANNELS = 8, 4

DENSE, DEPTHWISE, GROUPED, FEW_FILTERS, FEW_CHANNELS = range(5)
_SHAPES = ("dense", "depthwise", "grouped", "few filters", "few channels")
# Code paths that plans name (impls.cost_model.plan_work); lists of columns must not depend on the rows.
WAYS = (
    "pixels", "columns", "planes", "channels", "sliding-planes", "sliding-channels", "own", "shared", "GEMM", "Mkldnn",
    "Slow2d", "SlowDilated2d",
)  # fmt: skip
_CALL = Constant("call", "call", "calling, allocating the output, waking the threads", is_floor=True)
_FLOPS = Constant("FLOPs", "FLOP", "executed additions and multiplications", has_peak=True)
_INSIDE = Constant("FLOPs inside", "FLOP", "FLOPs on the image itself and not on its padding, on top")
_IDLE_FILTERS = Constant("idle lanes of filters", "FLOP", "FLOPs lost where filters do not fill vectors")
_IDLE_CHANNELS = Constant("idle lanes of channels", "FLOP", "FLOPs lost where channels do not fill vectors")
_IDLE_COLUMNS = Constant("idle lanes of columns", "FLOP", "FLOPs lost where output columns do not fill vectors")
_SLOTS = Constant("inner loops", "FLOP", "FLOPs of inner loops, idle lanes and rows and waiting workers included")
_TRANSFORMS = Constant("transforms", "FLOP", "FLOPs of transforms")
_MOVED = Constant("bytes moved", "byte", "all reads and writes of arrays, copies included")
_MEMORY = Constant("bytes out of cache", "byte", "input, weights and output beyond 1 MiB")
_INPUT = Constant("input", "byte", "input read")
_OUTPUT = Constant("output", "byte", "output written")
_KERNEL = Constant("weights", "byte", "weights read")
_SCRATCH = Constant("workspace", "byte", "temporaries written and read")
_KEPT = Constant("plan", "byte", "packed weights or transformed filters read")
_ROWS = Constant("rows", "row", "starting an output row of a group")
_SUMS = Constant("kernel rows", "row", "starting a kernel row of a channel in an output row")
_GROUPS = Constant("groups", "group", "starting a group of an image")
_TAPS = Constant("taps", "tap", "reading one tap of one output")
_OF_LAYOUTS = tuple(
    (
        Constant(f"FLOPs, {layout}", "FLOP", f"executed FLOPs where {layout}, on top"),
        Constant(f"input, {layout}", "byte", f"input read where {layout}, on top"),
        Constant(f"output, {layout}", "byte", f"output written where {layout}, on top"),
    )
    for layout in ("channels are first", "channels are last")
)
_OF_SHAPES = tuple(
    (
        Constant(f"FLOPs, {shape}", "FLOP", f"executed FLOPs of convolutions that are {shape}, on top"),
        Constant(f"taps, {shape}", "tap", f"reading one tap of one output where convolutions are {shape}, on top"),
        Constant(f"output, {shape}", "byte", f"output written of convolutions that are {shape}, on top"),
    )
    for shape in _SHAPES
)
_OF_WAYS = tuple(
    (
        Constant(f"FLOPs, {way}", "FLOP", f"executed FLOPs of tiles of {way}, on top"),
        Constant(f"rows, {way}", "row", f"starting a row of tiles of {way}, on top"),
        Constant(f"inner loops, {way}", "FLOP", f"FLOPs of inner loops of {way}, on top"),
        Constant(f"output, {way}", "byte", f"output written by {way}, on top"),
    )
    for way in WAYS
)

CONSTANTS = (
    _CALL, _FLOPS, _INSIDE, _IDLE_FILTERS, _IDLE_CHANNELS, _IDLE_COLUMNS, _SLOTS, _TRANSFORMS, _MOVED, _MEMORY, _INPUT,
    _OUTPUT, _KERNEL, _SCRATCH, _KEPT, _ROWS, _SUMS, _GROUPS, _TAPS,
    *(constant for constants in _OF_LAYOUTS for constant in constants),
    *(constant for constants in _OF_SHAPES[1:] for constant in constants),
    *(constant for pair in _OF_WAYS for constant in pair),
)  # fmt: skip


def path_of(table: CostTable) -> Integers:
    """The number of the kind of shape of each row."""
    groups, channels, filters = table.size("groups"), table.channels, table.filters
    kinds = [
        (groups > 1) & (channels == 1) & (filters == 1), groups > 1, filters < _FEW_FILTERS, channels <= _FEW_CHANNELS,
    ]  # fmt: skip
    return np.select(kinds, [DEPTHWISE, GROUPED, FEW_FILTERS, FEW_CHANNELS], DENSE).astype(np.int64)


def counted(table: CostTable) -> list[CountedWork]:
    """The work of every constant."""
    size = table.subject.element_bytes
    lanes, flops = _lanes(size), table.flops
    rows = table.size("batch") * table.size("groups") * table.size("out_h")
    inside = table.inside
    taps = table.outputs * table.taps * inside
    common = [
        CountedWork(_CALL, np.ones(len(table))),
        CountedWork(_FLOPS, flops),
        CountedWork(_INSIDE, flops * inside),
        CountedWork(_IDLE_FILTERS, flops * (padded(table.filters, lanes) / table.filters - 1)),
        CountedWork(_IDLE_CHANNELS, flops * (padded(table.channels, lanes) / table.channels - 1)),
        CountedWork(_IDLE_COLUMNS, flops * (padded(table.size("out_w"), lanes) / table.size("out_w") - 1)),
        CountedWork(_SLOTS, table.slots),
        CountedWork(_TRANSFORMS, table.transforms),
        CountedWork(_MOVED, table.bytes_moved),
        CountedWork(_MEMORY, np.maximum(0, table.compulsory_bytes - _CACHE_BYTES)),
        CountedWork(_INPUT, table.inputs * size),
        CountedWork(_OUTPUT, table.outputs * size),
        CountedWork(_KERNEL, table.weights * size),
        CountedWork(_SCRATCH, table.workspace_bytes),
        CountedWork(_KEPT, table.kept_bytes),
        CountedWork(_ROWS, rows),
        CountedWork(_SUMS, rows * table.channels * table.size("kernel_h")),
        CountedWork(_GROUPS, table.size("batch") * table.size("groups")),
        CountedWork(_TAPS, taps),
    ]
    amounts = (flops, table.inputs * size, table.outputs * size)
    for constants, here in zip(_OF_LAYOUTS, (~table.is_nhwc, table.is_nhwc), strict=True):
        common += _where(here, constants, amounts)
    return [*common, *_of_paths(table, flops, taps, rows)]


def _of_paths(table: CostTable, flops: Floats, taps: Floats, rows: Floats) -> list[CountedWork]:
    path, found, ways = path_of(table), [], np.array(table.ways)
    outputs = table.outputs * table.subject.element_bytes
    for number, constants in enumerate(_OF_SHAPES[1:], 1):
        found += _where(path == number, constants, (flops, taps, outputs))
    for way, pair in zip(WAYS, _OF_WAYS, strict=True):
        found += _where(ways == way, pair, (flops, rows, table.slots, outputs))
    return found


def _where(here: Bools, constants: Sequence[Constant], amounts: Sequence[Floats]) -> list[CountedWork]:
    """Amounts of work in some rows, 0 in the others; one multiplication less where there are none, as for one layer."""
    if not here.any():
        nothing = np.zeros(len(here))
        return [CountedWork(constant, nothing) for constant in constants]
    return [CountedWork(c, a * here) for c, a in zip(constants, amounts, strict=True)]


def places(table: CostTable) -> Floats:
    """Coordinates in octaves: sizes, idle lanes, and traits that lie apart."""
    lanes = _lanes(table.subject.element_bytes)
    sizes = [table.size("batch"), table.channels, table.filters, table.size("groups"), table.taps]
    pixels = table.size("out_h") * table.size("out_w")
    idle = [padded(v, n) / v for v, n in (
        (table.filters, lanes), (table.channels, lanes), (table.size("out_w"), lanes), (table.filters, lanes // 2),
        (table.size("out_w"), 6),
    )]  # fmt: skip
    path, ways = path_of(table), np.array(table.ways)
    traits = [
        2 * np.log2(table.size("stride_h")), 2 * np.log2(table.size("dilation_h")), 1.0 * (table.size("padding") > 0),
        2.0 * (table.taps == 1), np.log2(table.size("out_w") / table.size("out_h")) / 2,
        2.0 * (table.size("kernel_h") != table.size("kernel_w")), 2.0 * table.is_nhwc,
        *(3.0 * (path == number) for number in range(1, len(_SHAPES))), *(3.0 * (ways == way) for way in WAYS),
    ]  # fmt: skip
    work = np.log2(np.maximum(1, table.flops) / np.maximum(1, 2 * table.macs))
    # 1 where nothing is known of inner loops.
    slots = np.log2(np.where(table.slots > 0, table.slots, table.flops) / np.maximum(1, table.flops))
    inner = [work, 2 * slots, 2 * np.log2(table.inside)]
    octaves = [*map(np.log2, sizes), np.log2(pixels), *(2 * np.log2(v) for v in idle)]
    return np.stack([*octaves, *inner, *traits], axis=1)


def _lanes(element_bytes: int) -> int:
    """Lanes of a vector; 16-bit floats are computed as 32-bit ones."""
    return _VECTOR_BYTES // max(4, element_bytes)


def floor_of(table: CostTable) -> Integers:
    """The number of the floor of each row: all calls have the same one."""
    return np.zeros(len(table), dtype=np.int64)
