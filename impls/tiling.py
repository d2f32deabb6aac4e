"""Cuts the outputs of an FFT convolution into tiles, and counts the cost: plain numbers.

Overlap-save: a transform of T points on an axis yields the outputs whose windows lie inside its T inputs. The next tile
begins at the first missing output, so that neighbouring tiles both read some inputs. One tile as large as the image is
the same without overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.fft import next_fast_len

from impls.padding import Pair, extent
from impls.problem import ConvProblem

# A complex FFT of length n is modelled as 5 n log2 n FLOPs, a real one as half (M. Frigo, S. G. Johnson,
# "The Design and Implementation of FFTW3", Proc. IEEE 93(2), 2005); real FLOPs of one complex
# multiply–add: 8.
_REAL_FFT_FLOPS = 2.5
_COMPLEX_FMA_FLOPS = 8


@dataclass(frozen=True, slots=True)
class Tiling:
    """Transforms of `transform` points that yield `outputs` each; an image has `count` (rows, columns) of them.

    `in_flight`: the numbers of images and of rows of tiles that are transformed together.
    """

    transform: Pair
    outputs: Pair
    count: Pair
    in_flight: Pair

    @property
    def bins(self) -> int:
        """Frequencies of a real transform."""
        return self.transform[0] * self.half

    @property
    def half(self) -> int:
        """Frequencies of a row; the others are their conjugates."""
        return self.transform[1] // 2 + 1

    @property
    def is_one_tile(self) -> bool:
        return self.count == (1, 1)

    def tiles(self, p: ConvProblem) -> int:
        """The number of tiles of all images."""
        return p.batch * self.count[0] * self.count[1]

    def strip(self, p: ConvProblem, rows: int) -> Pair:
        """The (height, width) of inputs, with padding, that `rows` rows of tiles read."""
        height, width = (
            (n - 1) * self.outputs[axis] * p.stride[axis] + self.transform[axis]
            for axis, n in ((0, rows), (1, self.count[1]))
        )
        return height, width


def whole(p: ConvProblem) -> Tiling:
    """The tiling with one tile for all outputs of an image, and all images together."""
    return Tiling(transform_size(p), p.output_size, (1, 1), (max(1, p.batch), 1))


def transform_size(p: ConvProblem) -> Pair:
    """The fast length, on each axis, of the transform that covers a whole image.

    It is shorter than the padded input: transforms are circular, so the zeros after an image also serve as those before
    it, and inputs that no output reads may be left out.
    """
    height, width = (fast_length(least_length(p, axis)) for axis in (0, 1))
    return height, width


def least_length(p: ConvProblem, axis: int) -> int:
    """The least points of a circular transform whose needed windows read no input from the wrong side."""
    leading, span = p.padding[axis][0], extent(p.kernel[axis], p.dilation[axis])
    last = (p.output_size[axis] - 1) * p.stride[axis]
    read = last + span - leading
    return max(min(p.size[axis], read) + leading, read, span, last + 1)


def fast_length(least: int) -> int:
    """The least 5-smooth length from `least` on."""
    return int(next_fast_len(least, real=True))


def transform_flops(p: ConvProblem, t: Tiling) -> float:
    """FLOPs of all transforms, forward and inverse; the inverse makes only rows that hold outputs."""
    height, width = t.transform
    rows, columns = math.log2(max(2, height)), math.log2(max(2, width))
    forward = _REAL_FFT_FLOPS * height * width * (rows + columns)
    made = (t.outputs[0] - 1) * p.stride[0] + 1
    inverse = _REAL_FFT_FLOPS * width * (height * rows + made * columns)
    return t.tiles(p) * (p.in_channels * forward + p.out_channels * inverse)


def product_flops(p: ConvProblem, t: Tiling) -> int:
    return _COMPLEX_FMA_FLOPS * t.bins * t.tiles(p) * p.out_channels * (p.in_channels // p.groups)


def cut(p: ConvProblem, transform: Pair, in_flight: Pair = (1, 1)) -> Tiling:
    """The tiling by transforms of this size."""
    (height, rows), (width, columns) = (_cut(p, axis, transform[axis]) for axis in (0, 1))
    return Tiling(transform, (height, width), (rows, columns), in_flight)


def _cut(p: ConvProblem, axis: int, length: int) -> Pair:
    """(outputs of a tile, number of tiles) on an axis, with transforms of this length."""
    outputs = p.output_size[axis]
    each = (length - extent(p.kernel[axis], p.dilation[axis])) // p.stride[axis] + 1
    if length >= least_length(p, axis) or each >= outputs:
        return outputs, 1
    return each, -(-outputs // each)
