"""Plans of direct convolution on the CPU: kernels compiled, weights packed, a driver chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import torch
import torch.nn.functional as F

from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct import drivers, sliding_driver
from impls.cpu.direct.blocking import Blocking, blocking_of, dot_blocking
from impls.cpu.direct.lanewise import Lanewise, lanewise_kernel
from impls.cpu.direct.padded_row import padded_row_kernel
from impls.cpu.direct.sliding import SlidingChannels, SlidingPlanes, sliding_channels_kernel, sliding_planes_kernel
from impls.cpu.direct.tile import Tile, tile_kernel
from impls.interface import Case, Run
from impls.tensors import dtype_of, in_layout, output_maker

# Input and output of which a third-level cache holds only a part.
_CACHED_BYTES = 16 * 1024 * 1024
# Given addresses of the input, the output and the threads' scratch memory, and the number of threads.
_Drive = Callable[[int, int, int, int], None]


def run_of(case: Case, weight: torch.Tensor, bias: torch.Tensor | None, unit: VectorUnit | None = None) -> Run:
    """What computes `case`, in float32 or float64, with the vectors of `unit` (default: the host's)."""
    size = case.numbers.bytes
    blocking = blocking_of(case, size, unit)
    w = pack_weights(blocking, weight.detach())
    b = None if bias is None else pack_bias(blocking, bias.detach())
    drive = _DRIVES[blocking.path](case, blocking, w.data_ptr(), 0 if b is None else b.data_ptr())
    pad = padded_row_kernel(case.numbers.dtype, blocking.lanes)
    padding = drivers.padding_record(blocking.source, blocking.shape, size)
    patch_bytes, output = drivers.patch_bytes(blocking, size), output_maker(case)

    # The drivers know addresses alone; the default arguments keep alive what lies there.
    def run(x: torch.Tensor, kept: tuple[torch.Tensor | None, ...] = (w, b)) -> torch.Tensor:
        y = output()
        dense = in_layout(x, case.layout)
        threads = numba.get_num_threads()
        if blocking.pads_image:
            image = torch.empty(blocking.image_elements, dtype=x.dtype)
            drivers.pad_image(padding, pad, dense.data_ptr(), image.data_ptr(), threads)
            dense = image
        scratch = torch.empty(patch_bytes * threads, dtype=torch.uint8) if patch_bytes else y
        drive(dense.data_ptr(), y.data_ptr(), scratch.data_ptr(), threads)
        return y

    return run


def run_pairs(case: Case, b: Blocking, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """What computes a bf16 case by products of pairs, summed in float32, channels last whatever its layout."""
    s = b.shape
    # (K, C, KH, KW) as (K, pairs, KH, KW) of 4 bytes.
    last_channels = weight.detach().permute(0, 2, 3, 1).flatten().view(torch.float32)
    pairs = last_channels.view(-1, s.kernel_h, s.kernel_w, s.channels).permute(0, 3, 1, 2)
    w = pack_weights(b, pairs)
    start = None if bias is None else pack_bias(b, bias.detach().float())
    kernels = pixel_kernels(b, Tile("float32", b.lanes, b.rows, b.vectors, pairs=True))
    pad, numbers = padded_row_kernel("float32", b.lanes), drivers.record(b, 4, y_bytes=2)
    patch_bytes = drivers.patch_bytes(b, 4)
    output = output_maker(replace(case, layout="nhwc"))
    assert s is b.source, "channels last and without groups nothing but patches is copied"

    def run(x: torch.Tensor, w: torch.Tensor = w, start: torch.Tensor | None = start) -> torch.Tensor:
        y = output()
        dense = in_layout(x, "nhwc")
        threads = numba.get_num_threads()
        scratch = torch.empty(patch_bytes * threads, dtype=torch.uint8)
        starts = 0 if start is None else start.data_ptr()
        places = (dense.data_ptr(), w.data_ptr(), starts, y.data_ptr(), scratch.data_ptr())
        drivers.pixels(numbers, kernels, pad, *places, threads)
        return in_layout(y, case.layout)

    return run


def run_short(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """What computes a case of 16-bit floats: pairs of bf16 where they can be; else x is widened to float32."""
    blocking = dot_blocking(case) if case.precision == "bf16" else None
    if blocking is not None:
        return run_pairs(case, blocking, weight, bias)
    wide = replace(case, precision="fp32")
    inner = run_of(wide, weight.float(), None if bias is None else bias.float())
    dtype = dtype_of(case)

    def run(x: torch.Tensor) -> torch.Tensor:
        return inner(x.detach().float()).to(dtype)

    return run


def pack_weights(b: Blocking, weight: torch.Tensor) -> torch.Tensor:
    """Weights (K, C/g, KH, KW) in the order in which the path's kernel reads them, zeros for what fills up a tile."""
    s = b.shape
    w = weight.reshape(s.groups, s.out_channels, s.channels, s.kernel_h, s.kernel_w)
    if b.path in ("planes", "sliding-planes"):
        return w.contiguous()
    if b.path in ("channels", "sliding-channels"):
        lanes = w.flatten(0, 1)
        filled = F.pad(lanes, (0,) * 7 + (b.blocks * b.width - len(lanes),))
        return filled.view(b.blocks, b.width, *w.shape[2:]).permute(0, 3, 4, 2, 1).contiguous()
    size = b.width if b.path == "pixels" else b.rows
    filled = F.pad(w, (0,) * 7 + (b.blocks * size - s.out_channels, 0, 0))
    order = (0, 1, 4, 5, 3, 2) if b.channels_innermost else (0, 1, 3, 4, 5, 2)
    return filled.view(s.groups, b.blocks, size, *w.shape[2:]).permute(order).contiguous()


def pack_bias(b: Blocking, bias: torch.Tensor) -> torch.Tensor:
    """Biases (K,), zeros for what fills up a tile."""
    s = b.shape
    if b.path in ("planes", "sliding-planes"):
        return bias.contiguous()
    if b.path in ("channels", "sliding-channels"):
        return F.pad(bias, (0, b.blocks * b.width - len(bias)))
    size = b.width if b.path == "pixels" else b.rows
    return F.pad(bias.reshape(s.groups, -1), (0, b.blocks * size - s.out_channels)).contiguous()


def _pixels(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, size = case.numbers.dtype, case.numbers.bytes
    kernels = pixel_kernels(b, Tile(dtype, b.lanes, b.rows, b.vectors, transposed=not b.shape.channels_last))
    pad, numbers = padded_row_kernel(dtype, b.lanes), drivers.record(b, size)

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.pixels(numbers, kernels, pad, x, w, bias, y, scratch, threads)

    return drive


def pixel_kernels(b: Blocking, tile: Tile) -> np.ndarray[Any, Any]:
    """The addresses of the kernels for the tiles of a row, in turn."""
    columns = [min(first, b.shape.out_w - b.rows) for first in range(0, b.shape.out_w, b.rows)]
    return np.array([tile_kernel(replace(tile, seen=b.seen(column))) for column in columns], dtype=np.int64)


def _columns(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, numbers = case.numbers.dtype, drivers.record(b, case.numbers.bytes)
    read = {1: "dense", 2: "even"}.get(b.shape.stride_w, "strided")
    kernel = tail = tile_kernel(Tile(dtype, b.lanes, b.rows, b.vectors, pixels_narrow=False, wide_read=read))
    # A padded copy has enough behind its last column.
    if not b.pads_image and b.shape.out_w % b.width:
        tail = tile_kernel(Tile(dtype, b.lanes, b.rows, b.vectors, pixels_narrow=False, wide_read="first"))

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.columns(numbers, kernel, tail, x, w, bias, y, threads)

    return drive


def _planes(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, numbers = case.numbers.dtype, drivers.record(b, case.numbers.bytes)
    s = b.shape
    step = s.stride_w if s.stride_w < 3 else 0
    tile = Lanewise(dtype, b.lanes, b.rows, b.vectors, channels=False, step=step)
    edge = replace(tile, guarded=True)
    kernel, edge_kernel, row_kernel = (lanewise_kernel(t) for t in (tile, edge, replace(edge, rows=1)))

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.planes(numbers, kernel, edge_kernel, row_kernel, x, w, bias, y, threads)

    return drive


def _channels(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    s, dtype, numbers = b.shape, case.numbers.dtype, drivers.record(b, case.numbers.bytes)
    tile = Lanewise(dtype, b.lanes, b.rows, b.vectors, channels=True, group=s.channels)
    pixel = replace(tile, rows=1)
    kernel, pixel_kernel = lanewise_kernel(tile), lanewise_kernel(pixel)
    has_tail = s.groups * s.channels % b.width
    tail = lanewise_kernel(replace(pixel, guarded=True)) if has_tail else pixel_kernel

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.channels(numbers, kernel, pixel_kernel, tail, x, w, bias, y, threads)

    return drive


def _sliding_planes(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    s, dtype, numbers = b.shape, case.numbers.dtype, drivers.record(b, case.numbers.bytes)
    sizes = ((s.kernel_h, s.kernel_w), (s.stride_h, s.stride_w))
    kernel = sliding_planes_kernel(SlidingPlanes(dtype, b.lanes, b.vectors, b.run, b.rows, *sizes))

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        sliding_driver.planes(numbers, kernel, x, w, bias, y, threads)

    return drive


def _sliding_channels(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    s, dtype, numbers = b.shape, case.numbers.dtype, drivers.record(b, case.numbers.bytes)
    sizes = ((s.kernel_h, s.kernel_w), (s.stride_h, s.stride_w))
    below = max(0, s.seen_h - s.top - s.in_h)
    # A stride skips what the next rows would find: there the images themselves are read faster.
    ahead = (s.stride_h, s.stride_w) == (1, 1) and case.compulsory_bytes > _CACHED_BYTES
    tile = SlidingChannels(dtype, b.lanes, b.rows, *sizes, s.top, below, s.channels, ahead=ahead)
    channels = s.groups * s.channels
    tail = sliding_channels_kernel(replace(tile, guarded=True)) if channels % b.lanes else 0
    kernel = sliding_channels_kernel(tile) if channels >= b.lanes else tail
    zeros = torch.zeros(b.lanes, dtype=dtype_of(case))

    def drive(x: int, y: int, scratch: int, threads: int, zeros: torch.Tensor = zeros) -> None:
        sliding_driver.channels(numbers, kernel, tail, zeros.data_ptr(), x, w, bias, y, threads)

    return drive


_DRIVES: dict[str, Callable[[Case, Blocking, int, int], _Drive]] = {
    "pixels": _pixels,
    "columns": _columns,
    "planes": _planes,
    "channels": _channels,
    "sliding-planes": _sliding_planes,
    "sliding-channels": _sliding_channels,
}
