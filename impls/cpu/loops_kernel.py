"""The seven nested loops of a convolution, with one scalar accumulator."""

from __future__ import annotations

import functools
from typing import Any

from impls.cpu.compiler.compiling import kept

# "contract" allows one FMA for a multiplication and an addition; nothing is reordered.
_FASTMATH = {"contract"}

# A signature of arrays of any layout ("A"): one compiled version for each element type serves both layouts.
_SIGNATURE = "void({t}[:,:,:,:], {t}[:,:,:,::1], {t}[::1], {t}[:,:,:,:], " + ", ".join(["int64"] * 7) + ")"


@functools.cache
def seven_loops(element: str) -> Any:
    """The compiled loops for arrays of float32 or float64."""
    return kept(_SIGNATURE.format(t=element), nogil=True, fastmath=_FASTMATH)(_seven_loops)


def _seven_loops(x, w, b, y, stride_h, stride_w, top, left, dilation_h, dilation_w, groups):
    """y[n,k,i,j] = b[k] + Σ_c Σ_a Σ_b w[k,c,a,b] · x[n, c, i·s + a·d − top, j·s + b·d − left]."""
    batch, out_channels, out_h, out_w = y.shape
    height, width = x.shape[2], x.shape[3]
    channels, kernel_h, kernel_w = w.shape[1], w.shape[2], w.shape[3]
    per_group = out_channels // groups
    for n in range(batch):
        for k in range(out_channels):
            first = k // per_group * channels
            for i in range(out_h):
                for j in range(out_w):
                    total = b[k]
                    for c in range(channels):
                        for a in range(kernel_h):
                            row = i * stride_h + a * dilation_h - top
                            if row < 0 or row >= height:
                                continue
                            for d in range(kernel_w):
                                column = j * stride_w + d * dilation_w - left
                                if 0 <= column < width:
                                    total += w[k, c, a, d] * x[n, first + c, row, column]
                    y[n, k, i, j] = total
