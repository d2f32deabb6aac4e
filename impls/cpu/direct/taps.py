"""The taps of a kernel that meet an axis of the image, for drivers that skip the others."""

from __future__ import annotations

from impls.cpu.compiler.drivers import part


@part
def taps_inside(first, dilation, size, kernel):
    """The taps [low, high) that meet an axis of `size` when tap 0 is at `first`."""
    low, high = 0, kernel
    if first < 0:
        low = min(kernel, (dilation - 1 - first) // dilation)
    if first + (kernel - 1) * dilation >= size:
        high = (size - 1 - first) // dilation + 1 if first < size else 0
    return low, max(low, high)
