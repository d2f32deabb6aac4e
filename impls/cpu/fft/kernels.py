"""Kernels of convolution by spectra: transforms of columns and rows, products of spectra, inverse transforms.

A lane is a column of the tile or, in rows, a frequency of the columns. Real columns are transformed in pairs, as the
two parts of complex columns; only half of their spectra are kept, as the others are conjugates. Spectra are stored in
half blocks of `lanes` such frequencies: (half blocks, columns, 2 parts, lanes). Nothing is padded or copied beforehand:
zeros are used outside the input. impls.cpu.fft.driver calls the kernels.
"""

from __future__ import annotations

import functools

from impls.cpu.compiler import generated
from impls.cpu.compiler.host import ELEMENT_BYTES, lanes_of
from impls.cpu.fft import passes

_OPERATIONS = (
    "zero", "load", "store", "load_strided", "store_first", "broadcast", "add", "sub", "mul", "scale", "fma",
    "fma_scaled",
)  # fmt: skip


@functools.cache
def transform_kernels(dtype: str) -> tuple[int, int, int]:
    """The addresses of `transform` (impls.cpu.fft.passes), `forward` and `inverse`."""
    size, lanes = ELEMENT_BYTES[dtype], lanes_of(dtype)
    names = {"lanes": lanes, "size": size, "pair": 2 * lanes, "square": lanes * lanes}
    blocks = [f"{which}_blocks_{2**n}" for n in range(lanes.bit_length() - 1) for which in ("even", "odd")]
    head = generated.header(dtype, lanes, (*_OPERATIONS, *blocks))
    transform = generated.module("fft_passes", head + passes.source(lanes, size))
    columns = generated.module("fft_columns", head + _transpose(lanes) + _COLUMNS.format(**names))
    return transform.transform.address, columns.forward.address, columns.inverse.address


@functools.cache
def sums_kernel(dtype: str, block: int) -> int:
    """The address of `sums` for blocks of this many kernels."""
    lanes = lanes_of(dtype)
    text = generated.header(dtype, lanes, _OPERATIONS) + _sums(block, lanes)
    address: int = generated.module("spectral_sums", text).sums.address
    return address


_COLUMNS = """

@function
def _fetch(x, first, width, step, to):
    # Inputs of a row from column `first` on, zeros outside the row.
    if first >= 0 and first + {lanes} <= width:
        if step == 1:
            store(to, 0, load(x, first))
        else:
            store(to, 0, load_strided(x, first * step, {lanes}, step))
    elif first >= 0:
        store(to, 0, load_strided(x, first * step, width - first, step))
    else:
        count = min({lanes} + first, width)
        store(to, 0, zero())
        store_first(to, -first, load_strided(x, 0, count, step), count)


@kernel(14)
def forward(x, x_row, x_step, height, width, top, left, length, padded, spectrum, scratch, transform, w, radices):
    # Transforms {pair} columns of the input, from (top, left) on and `length` long, to columns of a spectrum that
    # has `padded` columns.
    z = scratch + {size} * length * {pair}
    other = z + {size} * length * {pair}
    square = other + {size} * length * {pair}
    for i in range(length):
        row, to = top + i, scratch + {size} * i * {pair}
        if row >= 0 and row < height:
            _fetch(x + {size} * row * x_row, left, width, x_step, to)
            _fetch(x + {size} * row * x_row, left + {lanes}, width, x_step, to + {size} * {lanes})
        else:
            store(to, 0, zero())
            store(to, {lanes}, zero())
    call(transform, (scratch, z, other, 0, {lanes}, w, radices, length))
    for half in range((length // 2 + {lanes}) // {lanes}):
        for u in range({lanes}):
            k = half * {lanes} + u
            if 2 * k <= length:
                # Twice the spectra of the two columns, which were the real and the imaginary part.
                m = (length - k) % length
                re, im = load(z, k * {pair}), load(z, k * {pair} + {lanes})
                mirrored_re, mirrored_im = load(z, m * {pair}), load(z, m * {pair} + {lanes})
                store(square, u * {lanes}, add(re, mirrored_re))
                store(square, {square} + u * {lanes}, sub(im, mirrored_im))
                store(square, 2 * {square} + u * {lanes}, add(im, mirrored_im))
                store(square, 3 * {square} + u * {lanes}, sub(mirrored_re, re))
            else:
                for part in range(4):
                    store(square, part * {square} + u * {lanes}, zero())
        to = spectrum + {size} * half * padded * {pair}
        for part in range(4):
            place = (part // 2 * {pair} + part % 2) * {lanes}
            _transpose(square + {size} * part * {square}, {lanes}, to + {size} * place, {pair})


@kernel(17)
def inverse(spectrum, padded, length, width, y, y_row, y_step, rows, columns, stride_h, stride_w, first, bias, scratch,
            transform, w, radices):
    # Transforms {pair} columns of a spectrum to outputs (rows, columns), beginning at position `first`. Columns from
    # `width` on share a pair of vectors with others and were never written: they must at least be finite.
    if width - first < {pair}:
        for half in range((length // 2 + {lanes}) // {lanes}):
            for j in range(width - first, {pair}):
                at = (half * padded + j) * {pair}
                store(spectrum, at, zero())
                store(spectrum, at + {lanes}, zero())
    z = scratch + {size} * length * {pair}
    other = z + {size} * length * {pair}
    square = other + {size} * length * {pair}
    for half in range((length // 2 + {lanes}) // {lanes}):
        source = spectrum + {size} * half * padded * {pair}
        for part in range(4):
            place = (part // 2 * {pair} + part % 2) * {lanes}
            _transpose(source + {size} * place, {pair}, square + {size} * part * {square}, {lanes})
        for u in range({lanes}):
            k = half * {lanes} + u
            if 2 * k <= length:
                # Two real columns as one complex one: z = a + i·b, and conjugates of a and b in the other half.
                are, aim = load(square, u * {lanes}), load(square, {square} + u * {lanes})
                bre, bim = load(square, 2 * {square} + u * {lanes}), load(square, 3 * {square} + u * {lanes})
                m = (length - k) % length
                store(scratch, m * {pair}, add(are, bim))
                store(scratch, m * {pair} + {lanes}, sub(bre, aim))
                store(scratch, k * {pair}, sub(are, bim))
                store(scratch, k * {pair} + {lanes}, add(aim, bre))
    call(transform, (scratch, z, other, {lanes}, 0, w, radices, length))
    shift = broadcast(bias, 0)
    for i in range(rows):
        at, line = z + {size} * i * stride_h * {pair}, y + {size} * i * y_row
        if stride_w == 1 and y_step == 1:
            store_first(line, first, add(load(at, 0), shift), columns - first)
            store_first(line, first + {lanes}, add(load(at, {lanes}), shift), columns - first - {lanes})
        else:
            j = (first + stride_w - 1) // stride_w
            while j < columns and j * stride_w < first + {pair}:
                store_first(line, j * y_step, add(broadcast(at, j * stride_w - first), shift), 1)
                j += 1
"""


def _transpose(lanes: int) -> str:
    """The function that transposes `lanes` vectors, `from_step` apart at x, to as many at y.

    It exchanges larger and larger blocks: the odd blocks of s lanes of vector n with the even blocks of vector n + s,
    for s = 1, 2, 4 …
    """
    lines = ["", "", "@part", "def _transpose(x, from_step, y, to_step):"]
    lines += [f"    t{n} = load(x, {n} * from_step)" for n in range(lanes)]
    step = 1
    while step < lanes:
        for n in range(lanes):
            if not n & step:
                pair = f"t{n}, t{n + step}"
                lines += [f"    {pair} = even_blocks_{step}({pair}), odd_blocks_{step}({pair})"]
        step *= 2
    lines += [f"    store(y, {n} * to_step, t{n})" for n in range(lanes)]
    return "\n".join(lines) + "\n"


def _sums(block: int, lanes: int) -> str:
    """The kernel of Σ_c x_c · w_{k,c} for `block` kernels and all frequencies of a row.

    re += a·u − b·v, im += a·v + b·u, where x = a + i·b and w = u + i·v.

    x is (channels, length, 2, lanes), w is (length, channels, block, 2, lanes), y is (kernels, length, 2, lanes); only
    the first `there` kernels are written.
    """
    lines = ["@kernel(6)", "def sums(x, w, channels, length, y, there):", "    for j in range(length):"]
    lines += [f"        re{k}, im{k} = zero(), zero()" for k in range(block)]
    lines += ["        for c in range(channels):", f"            at = (c * length + j) * {2 * lanes}"]
    lines += [f"            a, b = load(x, at), load(x, at + {lanes})", "            m = scale(b, -1.0)"]
    for k in range(block):
        at = f"((j * channels + c) * {block} + {k}) * {2 * lanes}"
        lines += [f"            u, v = load(w, {at}), load(w, {at} + {lanes})"]
        lines += [f"            re{k}, im{k} = fma(m, v, fma(a, u, re{k})), fma(b, u, fma(a, v, im{k}))"]
    for k in range(block):
        lines += [f"        if {k} < there:", f"            store(y, ({k} * length + j) * {2 * lanes}, re{k})"]
        lines += [f"            store(y, ({k} * length + j) * {2 * lanes} + {lanes}, im{k})"]
    return "\n".join(lines) + "\n"
