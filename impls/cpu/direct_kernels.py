"""Direct convolution by rows: vectors along the output row (NCHW) or the output channels (NHWC).

Each output row belongs to one thread and is summed in one fixed order, so results are identical for any
number of threads.
"""

from __future__ import annotations

import numba

_FASTMATH = {"contract"}


@numba.njit(cache=True, inline="always")
def _valid_range(offset, stride, size, outputs):  # type: ignore[no-untyped-def]
    """Outputs j for which 0 <= j·stride + offset < size, as a half-open range."""
    low = 0
    if offset < 0:
        low = (-offset + stride - 1) // stride
    high = outputs
    last = size - 1 - offset
    if last < 0:
        high = 0
    elif last // stride + 1 < outputs:
        high = last // stride + 1
    return low, high


@numba.njit(cache=True, parallel=True, nogil=True, fastmath=_FASTMATH)
def direct_nchw(  # type: ignore[no-untyped-def]
    x, w, b, y, stride_h, stride_w, top, left, dilation_h, dilation_w, groups
):
    """x (N, C, H, W), w (K, C/g, KH, KW), y (N, K, OH, OW), all contiguous."""
    batch, out_channels, out_h, out_w = y.shape
    height, width = x.shape[2], x.shape[3]
    channels, kernel_h, kernel_w = w.shape[1], w.shape[2], w.shape[3]
    per_group = out_channels // groups
    for row_index in numba.prange(batch * out_channels * out_h):
        i = row_index % out_h
        k = row_index // out_h % out_channels
        n = row_index // (out_h * out_channels)
        first = k // per_group * channels
        out = y[n, k, i]
        out[:] = b[k]
        for c in range(channels):
            for a in range(kernel_h):
                row = i * stride_h + a * dilation_h - top
                if row < 0 or row >= height:
                    continue
                source = x[n, first + c, row]
                for d in range(kernel_w):
                    offset = d * dilation_w - left
                    low, high = _valid_range(offset, stride_w, width, out_w)
                    factor = w[k, c, a, d]
                    if stride_w == 1:
                        for j in range(low, high):
                            out[j] += factor * source[j + offset]
                    else:
                        for j in range(low, high):
                            out[j] += factor * source[j * stride_w + offset]


@numba.njit(cache=True, parallel=True, nogil=True, fastmath=_FASTMATH)
def direct_nhwc(  # type: ignore[no-untyped-def]
    x, w, b, y, stride_h, stride_w, top, left, dilation_h, dilation_w, groups
):
    """x (N, H, W, C), w (KH, KW, C/g, K), y (N, OH, OW, K), all contiguous."""
    batch, out_h, out_w, out_channels = y.shape
    height, width = x.shape[1], x.shape[2]
    kernel_h, kernel_w, channels = w.shape[0], w.shape[1], w.shape[2]
    per_group = out_channels // groups
    for row_index in numba.prange(batch * out_h):
        i = row_index % out_h
        n = row_index // out_h
        for j in range(out_w):
            out = y[n, i, j]
            out[:] = b
            for a in range(kernel_h):
                row = i * stride_h + a * dilation_h - top
                if row < 0 or row >= height:
                    continue
                for d in range(kernel_w):
                    column = j * stride_w + d * dilation_w - left
                    if column < 0 or column >= width:
                        continue
                    pixel = x[n, row, column]
                    if channels == 1 and per_group == 1:
                        for k in range(out_channels):
                            out[k] += pixel[k] * w[a, d, 0, k]
                        continue
                    for g in range(groups):
                        begin = g * per_group
                        for c in range(channels):
                            value = pixel[g * channels + c]
                            weights = w[a, d, c]
                            for k in range(begin, begin + per_group):
                                out[k] += value * weights[k]
