"""Plans of direct convolution on the CPU: kernels compiled, weights packed, a driver chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import torch

from impls.cpu.compiler import last_write
from impls.cpu.compiler.drivers import Integers
from impls.cpu.compiler.host import VectorUnit
from impls.cpu.direct import lanewise_driver, sliding_driver, tile_driver
from impls.cpu.direct.choice import dot_schedule, schedule_of
from impls.cpu.direct.lanewise import Lanewise, lanewise_kernel
from impls.cpu.direct.packing import pack_bias, pack_weights
from impls.cpu.direct.pad_driver import pad_image
from impls.cpu.direct.padded_row import padded_row_kernel
from impls.cpu.direct.record import fields_of, padding_record, patch_bytes, record
from impls.cpu.direct.schedule import Schedule
from impls.cpu.direct.sliding_channels import SlidingChannels, sliding_channels_kernel
from impls.cpu.direct.sliding_planes import SlidingPlanes, sliding_planes_kernel
from impls.cpu.direct.tile import Tile, tile_kernel
from impls.cpu.team import team
from impls.cpu.writing import in_lines, make_writer, run_by
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.interface import Case, Run, Writer
from impls.tensors import dtype_of, in_layout, output_maker

# Bytes of input and output that a third-level cache does not hold whole.
_CACHED_BYTES = 16 * 1024 * 1024
_Fields = tuple[str, ...]
# Takes the addresses of the record, the input, the output and the threads' scratch memory, and the number of threads.
_Drive = Callable[[int, int, int, int, int], None]


def run_of(
    case: Case,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    unit: VectorUnit | None = None,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Run:
    """The convolution of `case` in float32 or float64, with the vectors of `unit` (default: the host's)."""
    return run_by(writer_of(case, weight, bias, unit, epilogue), case)


def writer_of(
    case: Case,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    unit: VectorUnit | None = None,
    epilogue: Epilogue = NO_EPILOGUE,
) -> Writer:
    """`run_of` into memory of the caller's."""
    size = case.numbers.bytes
    schedule = schedule_of(case, size, unit)
    w = pack_weights(schedule, weight.detach())
    b = None if bias is None else pack_bias(schedule, bias.detach())
    numbers = record(schedule, size, epilogue=epilogue)
    starts = 0 if b is None else b.data_ptr()
    drive = _DRIVES[schedule.path](case, schedule, fields_of(numbers), w.data_ptr(), starts, epilogue)
    place, pad = numbers.ctypes.data, _padded(case, schedule) if schedule.pads_image else None
    scratch_bytes, image_bytes = patch_bytes(schedule, size), in_lines(size * schedule.image_elements)

    # The drivers know only addresses; the default argument keeps what is at those addresses alive.
    def write(
        x: torch.Tensor,
        residual: torch.Tensor | None,
        y: torch.Tensor,
        workspace: int,
        threads: int,
        kept: tuple[Any, ...] = (w, b, numbers),
    ) -> None:
        source = x.data_ptr()
        if pad is not None:
            pad(source, workspace, threads)
            source, workspace = workspace, workspace + image_bytes
        if residual is None:
            drive(place, source, y.data_ptr(), workspace, threads)
        else:
            own = last_write.placed(numbers, residual, y)
            drive(own.ctypes.data, source, y.data_ptr(), workspace, threads)

    return make_writer(case, write, lambda threads: image_bytes + scratch_bytes * threads)


def _padded(case: Case, b: Schedule) -> Callable[[int, int, int], None]:
    """Copies the image at an address with its padding to another address, on a number of threads."""
    padding = padding_record(b.source, b.shape, case.numbers.bytes)
    kernel, place = padded_row_kernel(case.numbers.dtype, b.lanes), padding.ctypes.data
    drive = pad_image.compiled(g=fields_of(padding))

    # The driver knows only the address: the default argument keeps the record alive.
    def pad(x: int, image: int, threads: int, kept: np.ndarray[Any, Any] = padding) -> None:
        drive(place, kernel, x, image, threads)

    return pad


def run_pairs(
    case: Case, b: Schedule, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue = NO_EPILOGUE
) -> Run:
    """The convolution of a bf16 case by products of pairs, summed in float32, channels last whatever its layout."""
    s = b.shape
    # (K, C, KH, KW) as (K, pairs, KH, KW) of 4 bytes.
    last_channels = weight.detach().permute(0, 2, 3, 1).flatten().view(torch.float32)
    pairs = last_channels.view(-1, s.kernel_h, s.kernel_w, s.channels).permute(0, 3, 1, 2)
    w = pack_weights(b, pairs)
    start = None if bias is None else pack_bias(b, bias.detach().float())
    kernels = pixel_kernels(b, Tile("float32", b.lanes, b.rows, b.vectors, pairs=True, epilogue=epilogue))
    pad, numbers = padded_row_kernel("float32", b.lanes), record(b, 4, 2, epilogue)
    drive = tile_driver.pixels.compiled(g=fields_of(numbers))
    scratch_bytes = patch_bytes(b, 4)
    output = output_maker(replace(case, layout="nhwc"))
    assert s is b.source, "channels last and without groups, only patches are copied"

    def run(
        x: torch.Tensor, residual: torch.Tensor | None = None, w: torch.Tensor = w, start: torch.Tensor | None = start
    ) -> torch.Tensor:
        y = output()
        dense = in_layout(x, "nhwc")
        own = numbers
        if residual is not None:
            residual = in_layout(residual, "nhwc")
            own = last_write.placed(numbers, residual, y)
        threads = team(case, numba.get_num_threads())
        scratch = torch.empty(scratch_bytes * threads, dtype=torch.uint8)
        starts = 0 if start is None else start.data_ptr()
        places = (dense.data_ptr(), w.data_ptr(), starts, y.data_ptr(), scratch.data_ptr())
        drive(own.ctypes.data, kernels.address, pad, *places, threads)
        return in_layout(y, case.layout)

    return run


def run_short(case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue = NO_EPILOGUE) -> Run:
    """The convolution of a case of 16-bit floats: by pairs of bf16 where possible, else in float32."""
    schedule = dot_schedule(case) if case.precision == "bf16" else None
    if schedule is not None:
        return run_pairs(case, schedule, weight, bias, epilogue)
    wide = replace(case, precision="fp32")
    inner = run_of(wide, weight.float(), None if bias is None else bias.float(), epilogue=epilogue)
    dtype = dtype_of(case)

    def run(*operands: torch.Tensor) -> torch.Tensor:
        return inner(*(operand.detach().float() for operand in operands)).to(dtype)

    return run


def _pixels(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    dtype = case.numbers.dtype
    is_turned = not b.shape.channels_last
    kernels = pixel_kernels(b, Tile(dtype, b.lanes, b.rows, b.vectors, transposed=is_turned, epilogue=epilogue))
    pad = padded_row_kernel(dtype, b.lanes) if b.patch_elements else 0
    run = tile_driver.pixels.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int) -> None:
        run(numbers, kernels.address, pad, x, w, bias, y, scratch, threads)

    return drive


def pixel_kernels(b: Schedule, tile: Tile) -> Integers:
    """The addresses of the kernels for the tiles of a row, in order."""
    columns = [min(first, b.shape.out_w - b.rows) for first in range(0, b.shape.out_w, b.rows)]
    return Integers(tile_kernel(replace(tile, seen=b.seen(column))) for column in columns)


def _columns(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    read = {1: "dense", 2: "even"}.get(b.shape.stride_w, "strided")
    sizes = (b.lanes, b.rows, b.vectors)
    tile = Tile(case.numbers.dtype, *sizes, pixels_narrow=False, wide_read=read, epilogue=epilogue)
    kernel = tail = tile_kernel(tile)
    # A padded copy has room after its last column.
    if not b.pads_image and b.shape.out_w % b.width:
        tail = tile_kernel(replace(tile, wide_read="first"))

    run = tile_driver.columns.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int) -> None:
        run(numbers, kernel, tail, x, w, bias, y, threads)

    return drive


def _planes(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    s = b.shape
    step = s.stride_w if s.stride_w < 3 else 0
    sizes = (b.lanes, b.rows, b.vectors)
    tile = Lanewise(case.numbers.dtype, *sizes, channels=False, step=step, epilogue=epilogue)
    edge = replace(tile, guarded=True)
    kernel, edge_kernel, row_kernel = (lanewise_kernel(t) for t in (tile, edge, replace(edge, rows=1)))
    run = lanewise_driver.planes.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int) -> None:
        run(numbers, kernel, edge_kernel, row_kernel, x, w, bias, y, threads)

    return drive


def _channels(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    s, sizes = b.shape, (b.lanes, b.rows, b.vectors)
    tile = Lanewise(case.numbers.dtype, *sizes, channels=True, group=s.channels, epilogue=epilogue)
    pixel = replace(tile, rows=1)
    kernel, pixel_kernel = lanewise_kernel(tile), lanewise_kernel(pixel)
    has_tail = s.groups * s.channels % b.width
    tail = lanewise_kernel(replace(pixel, guarded=True)) if has_tail else pixel_kernel
    run = lanewise_driver.channels.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int) -> None:
        run(numbers, kernel, pixel_kernel, tail, x, w, bias, y, threads)

    return drive


def _sliding_planes(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    s, dtype = b.shape, case.numbers.dtype
    sizes = ((s.kernel_h, s.kernel_w), (s.stride_h, s.stride_w))
    kernel = sliding_planes_kernel(SlidingPlanes(dtype, b.lanes, b.vectors, b.run, b.rows, *sizes, epilogue))
    run = sliding_driver.planes.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int) -> None:
        run(numbers, kernel, x, w, bias, y, threads)

    return drive


def _sliding_channels(case: Case, b: Schedule, fields: _Fields, w: int, bias: int, epilogue: Epilogue) -> _Drive:
    s, dtype = b.shape, case.numbers.dtype
    sizes = ((s.kernel_h, s.kernel_w), (s.stride_h, s.stride_w))
    below = max(0, s.seen_h - s.top - s.in_h)
    # With a stride, the next rows do not read the prefetched ones: without prefetching, such images are read faster.
    ahead = (s.stride_h, s.stride_w) == (1, 1) and case.compulsory_bytes > _CACHED_BYTES
    tile = SlidingChannels(dtype, b.lanes, b.rows, *sizes, s.top, below, s.channels, ahead=ahead, epilogue=epilogue)
    channels = s.groups * s.channels
    tail = sliding_channels_kernel(replace(tile, guarded=True)) if channels % b.lanes else 0
    kernel = sliding_channels_kernel(tile) if channels >= b.lanes else tail
    zeros = torch.zeros(b.lanes, dtype=dtype_of(case))
    run = sliding_driver.channels.compiled(g=fields)

    def drive(numbers: int, x: int, y: int, scratch: int, threads: int, zeros: torch.Tensor = zeros) -> None:
        run(numbers, kernel, tail, zeros.data_ptr(), x, w, bias, y, threads)

    return drive


_DRIVES: dict[str, Callable[[Case, Schedule, _Fields, int, int, Epilogue], _Drive]] = {
    "pixels": _pixels,
    "columns": _columns,
    "planes": _planes,
    "channels": _channels,
    "sliding-planes": _sliding_planes,
    "sliding-channels": _sliding_channels,
}
