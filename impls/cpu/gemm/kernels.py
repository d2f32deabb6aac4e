"""Kernels of implicit GEMM: one copies patches into a panel, one sums over such a panel in registers.

A register block has `rows` × 2 vectors of sums. One operand is broadcast, one element for each row; the other is loaded
as vectors, the columns. In NCHW, rows are output channels and columns are pixels; in NHWC, rows are pixels and columns
are output channels: outputs are stored without transposing. impls.cpu.gemm.driver calls the kernels.
"""

from __future__ import annotations

import functools

from impls.cpu.compiler import generated, last_write
from impls.cpu.compiler.calls import RESIDUAL
from impls.cpu.compiler.host import ELEMENT_BYTES, lanes_of
from impls.cpu.gemm.blocking import VECTORS
from impls.epilogue import NO_EPILOGUE, Epilogue

_OPERATIONS = (
    "zero", "load", "store", "load_first", "store_first", "load_strided", "load_even", "broadcast", "add",
    "fma_broadcast",
)  # fmt: skip


@functools.cache
def pack_kernel(dtype: str, layout: str) -> int:
    """The address of `pack`, which copies `terms` terms of `pixels` pixels, from numbers `first_…` on.

    NCHW: terms are (channel, kernel row, kernel column), panels of columns are (terms, columns), the last panel filled
    up with zeros. NHWC: terms are (kernel row, kernel column, channel), with a line of terms for each pixel.
    """
    lanes = lanes_of(dtype)
    names = {"lanes": lanes, "size": ELEMENT_BYTES[dtype], "columns": VECTORS * lanes}
    head = generated.header(dtype, lanes, _OPERATIONS) + _ZEROS
    text = head + (_PACK_NCHW if layout == "nchw" else _PACK_NHWC)
    address: int = generated.module("pack_patches", text.format(**names)).pack.address
    return address


@functools.cache
def block_kernel(dtype: str, layout: str, rows: int, epilogue: Epilogue = NO_EPILOGUE) -> int:
    """The address of `block`, which adds sums over terms to the bias, or to the sums of earlier terms at y.

    A row's elements at a are `rows` apart where rows are output channels (NCHW), and neighbours where rows are pixels.
    The epilogue follows where the sums are whole.
    """
    lanes = lanes_of(dtype)
    head = generated.header(dtype, lanes, (*_OPERATIONS, *last_write.operations(epilogue)))
    text = head + _block(rows, lanes, layout == "nchw", epilogue)
    address: int = generated.module("panel_block", text).block.address
    return address


_ZEROS = """

@function
def _zeros(to, count):
    for i in range(0, count, {lanes}):
        store_first(to, i, zero(), count - i)
"""

_PACK_NCHW = """

@function
def _inside(offset, stride, size, begin, count):
    # The range of outputs j in [begin, begin + count) with 0 <= j * stride + offset < size, counted from `begin`.
    if stride == 1:
        low, high = -offset, size - offset
    else:
        low, high = -(offset // stride), -((offset - size) // stride)
    low = min(max(low - begin, 0), count)
    return low, max(min(high - begin, count), low)


@function
def _run(x, step, count, to):
    for i in range(0, count, {lanes}):
        if step == 1:
            store_first(to, i, load_first(x, i, count - i), count - i)
        else:
            store_first(to, i, load_strided(x, i * step, count - i, step), count - i)


@kernel(20)
def pack(x, to, first_channel, first_term, terms, first_pixel, pixels, in_channels, height, width, out_h, out_w,
         kernel_h, kernel_w, stride_h, stride_w, top, left, dilation_h, dilation_w):
    tap = first_term % (kernel_h * kernel_w)
    first_a, first_b, first_c = tap // kernel_w, tap % kernel_w, first_term // (kernel_h * kernel_w)
    q = 0
    while q < pixels:
        # A run of pixels in one row of the output and in one panel.
        pixel = first_pixel + q
        j, i, n = pixel % out_w, pixel // out_w % out_h, pixel // (out_w * out_h)
        count = min(out_w - j, pixels - q, {columns} - q % {columns})
        here = to + {size} * (q // {columns} * terms * {columns} + q % {columns})
        image = x + {size} * (n * in_channels + first_channel) * height * width
        # Most runs see no border, for any tap: their masks are made once.
        begin, end = j * stride_w - left, (j + count - 1) * stride_w - left + (kernel_w - 1) * dilation_w
        is_plain = stride_w <= 2 and begin >= 0 and end < width
        readable = (in_channels - first_channel) * height * width - 2 * {columns}
        a, b, c = first_a, first_b, first_c
        for _ in range(terms):
            row, offset = i * stride_h + a * dilation_h - top, b * dilation_w - left
            if row < 0 or row >= height:
                _zeros(here, count)
            elif is_plain:
                place = (c * height + row) * width + j * stride_w + offset
                source = image + {size} * place
                if stride_w == 1:
                    store_first(here, 0, load_first(source, 0, count), count)
                    store_first(here, {lanes}, load_first(source, {lanes}, count - {lanes}), count - {lanes})
                elif place <= readable:
                    store_first(here, 0, load_even(source, 0), count)
                    store_first(here, {lanes}, load_even(source, 2 * {lanes}), count - {lanes})
                else:
                    _run(source, stride_w, count, here)
            else:
                low, high = _inside(offset, stride_w, width, j, count)
                if high - low < count:
                    _zeros(here, count)
                source = (c * height + row) * width + (j + low) * stride_w + offset
                _run(image + {size} * source, stride_w, high - low, here + {size} * low)
            here += {size} * {columns}
            b += 1
            if b == kernel_w:
                a, b = a + 1, 0
                if a == kernel_h:
                    a, c = 0, c + 1
        q += count
    if pixels % {columns}:
        last = to + {size} * (pixels // {columns} * terms * {columns} + pixels % {columns})
        for t in range(terms):
            _zeros(last + {size} * t * {columns}, {columns} - pixels % {columns})
"""

_PACK_NHWC = """

@function
def _copy(x, count, to):
    i = 0
    while i + {lanes} <= count:
        store(to, i, load(x, i))
        i += {lanes}
    if i < count:
        store_first(to, i, load_first(x, i, count - i), count - i)


@kernel(21)
def pack(x, to, first_channel, first_term, terms, first_pixel, pixels, in_channels, height, width, out_h, out_w,
         kernel_h, kernel_w, stride_h, stride_w, top, left, dilation_h, dilation_w, channels):
    tap = first_term // channels
    first_a, first_b, first_c = tap // kernel_w, tap % kernel_w, first_term % channels
    for q in range(pixels):
        pixel = first_pixel + q
        j, i, n = pixel % out_w, pixel // out_w % out_h, pixel // (out_w * out_h)
        image = x + {size} * (n * height * width * in_channels + first_channel)
        here = to + {size} * q * terms
        begin = j * stride_w - left
        # Taps of a row that are neighbours in memory are one run, if none is outside the image.
        is_run = dilation_w == 1 and channels == in_channels and begin >= 0 and begin + kernel_w <= width
        a, b, c, t = first_a, first_b, first_c, 0
        while t < terms:
            row, column = i * stride_h + a * dilation_h - top, begin + b * dilation_w
            count = min((channels * (kernel_w - b) if is_run else channels) - c, terms - t)
            if row < 0 or row >= height or column < 0 or column >= width:
                _zeros(here + {size} * t, count)
            else:
                _copy(image + {size} * ((row * width + column) * in_channels + c), count, here + {size} * t)
            t += count
            b, c = (kernel_w if is_run else b + 1), 0
            if b == kernel_w:
                a, b = a + 1, 0
"""


def _block(rows: int, lanes: int, is_nchw: bool, epilogue: Epilogue) -> str:
    cells = [(i, v) for i in range(rows) for v in range(VECTORS)]
    arguments = "a, b, terms, y, y_row, rows, columns, bias, is_first"
    if epilogue:
        arguments += f", is_last, {RESIDUAL}"
    lines = [f"@kernel({arguments.count(',') + 1})", f"def block({arguments}):"]
    lines += [f"    s{i}_{v} = zero()" for i, v in cells]
    lines += ["    for t in range(terms):"]
    lines += [f"        b{v} = load(b, t * {VECTORS * lanes} + {v * lanes})" for v in range(VECTORS)]
    for i, v in cells:
        place = f"t * {rows} + {i}" if is_nchw else f"{i} * terms + t"
        lines += [f"        s{i}_{v} = fma_broadcast(a, {place}, b{v}, s{i}_{v})"]
    for condition, earlier in (("is_first", "bias"), ("not is_first", "y")):
        lines += [f"    if {condition}:"]
        for i, v in cells:
            left, place = f"columns - {v * lanes}", f"{i} * y_row + {v * lanes}"
            if earlier == "y":
                before = f"load_first(y, {place}, {left})"
            else:
                before = f"broadcast(bias, {i})" if is_nchw else f"load_first(bias, {v * lanes}, {left})"
            lines += [f"        if {i} < rows:"] if v == 0 else []
            value = f"add({before}, s{i}_{v})"
            lines += [
                f"            s{i}_{v} = {value}"
                if epilogue
                else f"            store_first(y, {place}, {value}, {left})"
            ]
    for condition, own in (("is_last", epilogue), ("not is_last", NO_EPILOGUE)) if epilogue else ():
        lines += [f"    if {condition}:"]
        for i, v in cells:
            left, place = f"columns - {v * lanes}", f"{i} * y_row + {v * lanes}"
            lines += [f"        if {i} < rows:"] if v == 0 else []
            lines += [f"            {last_write.store(own, 'y', place, f's{i}_{v}', left)}"]
    return "\n".join(lines) + "\n"
