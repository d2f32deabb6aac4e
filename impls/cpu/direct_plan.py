"""Plans of direct convolution on the CPU: kernels compiled, weights packed, a driver chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numba
import torch
import torch.nn.functional as F

from impls.cpu import drivers
from impls.cpu.blocking import Blocking, blocking_of
from impls.cpu.lanewise import Lanewise, lanewise_kernel
from impls.cpu.padded_row import padded_row_kernel
from impls.cpu.tile import Tile, tile_kernel
from impls.interface import Case, Run
from impls.tensors import dtype_of, empty_output, in_layout

# Given addresses of the dense input, the output and the scratch memory, and the number of threads.
_Drive = Callable[[int, int, int, int], None]


def run_of(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """What computes `case`, in float32 or float64."""
    blocking = blocking_of(case, case.numbers.bytes)
    w = pack_weights(blocking, weight.detach())
    b = None if bias is None else pack_bias(blocking, bias.detach())
    drive = _DRIVES[blocking.path](case, blocking, w.data_ptr(), 0 if b is None else b.data_ptr())
    scratch_bytes = int(drivers.record(blocking, case.numbers.bytes)["patch_bytes"][0])
    # The drivers know addresses alone: this keeps what lies there.
    kept = (w, b)

    def run(x: torch.Tensor) -> torch.Tensor:
        y = empty_output(case)
        dense = in_layout(x.detach(), case.layout)
        threads = numba.get_num_threads()
        scratch = torch.empty(scratch_bytes * threads, dtype=torch.uint8) if scratch_bytes else None
        drive(dense.data_ptr(), y.data_ptr(), 0 if scratch is None else scratch.data_ptr(), threads)
        return y

    run.__dict__["kept"] = kept
    return run


def run_wide(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Run:
    """What computes a case of 16-bit floats in float32: x widened, the result rounded once."""
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
    if b.path == "planes":
        return w.contiguous()
    if b.path == "channels":
        lanes = F.pad(w.reshape(s.groups, -1), (0, 0, 0, b.blocks * b.width - s.groups))
        return lanes.reshape(b.blocks, b.width, s.terms).transpose(1, 2).contiguous()
    size = b.width if b.path == "pixels" else b.rows
    filled = F.pad(w, (0,) * 7 + (b.blocks * size - s.out_channels,))
    blocked = filled.reshape(s.groups, b.blocks, size, s.channels, s.kernel_h, s.kernel_w)
    channels_last = b.path == "pixels" and s.x_channel == 1
    order = (0, 1, 4, 5, 3, 2) if channels_last else (0, 1, 3, 4, 5, 2)
    return blocked.permute(order).contiguous()


def pack_bias(b: Blocking, bias: torch.Tensor) -> torch.Tensor:
    """Biases (K,), zeros for what fills up a tile."""
    s = b.shape
    if b.path == "planes":
        return bias.contiguous()
    if b.path == "channels":
        return F.pad(bias, (0, b.blocks * b.width - s.groups))
    size = b.width if b.path == "pixels" else b.rows
    return F.pad(bias.reshape(s.groups, -1), (0, b.blocks * size - s.out_channels)).contiguous()


def _pixels(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, size = case.numbers.dtype, case.numbers.bytes
    kernel = tile_kernel(Tile(dtype, b.lanes, b.rows, b.vectors, transposed=b.shape.x_channel != 1))
    pad, numbers = padded_row_kernel(dtype, b.lanes), drivers.record(b, size)

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.pixels(numbers, kernel, pad, x, w, bias, y, scratch, threads)

    return drive


def _columns(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, size = case.numbers.dtype, case.numbers.bytes
    read = _read(b.shape.stride_w)
    kernel = tile_kernel(Tile(dtype, b.lanes, b.rows, b.vectors, pixels_narrow=False, wide_read=read))
    # In a padded copy there is enough behind the last column.
    has_tail = not b.packs_all and b.shape.out_w % b.width
    tail = (
        tile_kernel(Tile(dtype, b.lanes, b.rows, b.vectors, pixels_narrow=False, wide_read="first"))
        if has_tail
        else kernel
    )
    pad, numbers = padded_row_kernel(dtype, b.lanes), drivers.record(b, size)

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.columns(numbers, kernel, tail, pad, x, w, bias, y, scratch, threads)

    return drive


def _planes(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, size = case.numbers.dtype, case.numbers.bytes
    kernel = lanewise_kernel(Lanewise(dtype, b.lanes, b.rows, b.vectors, channels=False, read=_read(b.shape.stride_w)))
    pad, numbers = padded_row_kernel(dtype, b.lanes), drivers.record(b, size)

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.planes(numbers, kernel, pad, x, w, bias, y, scratch, threads)

    return drive


def _channels(case: Case, b: Blocking, w: int, bias: int) -> _Drive:
    dtype, size = case.numbers.dtype, case.numbers.bytes
    kernel, pixel = (lanewise_kernel(Lanewise(dtype, b.lanes, rows, b.vectors, channels=True)) for rows in (b.rows, 1))
    has_tail = b.shape.groups % b.width
    tail = lanewise_kernel(Lanewise(dtype, b.lanes, 1, b.vectors, channels=True, read="first")) if has_tail else kernel
    numbers = drivers.record(b, size)

    def drive(x: int, y: int, scratch: int, threads: int) -> None:
        drivers.channels(numbers, kernel, pixel, tail, x, w, bias, y, threads)

    return drive


def _read(stride: int) -> str:
    """How a vector of columns that lie a stride apart is read."""
    return {1: "dense", 2: "even"}.get(stride, "strided")


_DRIVES: dict[str, Callable[[Case, Blocking, int, int], _Drive]] = {
    "pixels": _pixels,
    "columns": _columns,
    "planes": _planes,
    "channels": _channels,
}
