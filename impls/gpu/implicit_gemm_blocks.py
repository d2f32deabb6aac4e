"""The blocks into which a GPU may cut an implicit GEMM: plain numbers, Triton is not loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Programs that keep a large GPU busy: two for each of the 132 multiprocessors of an H100.
_PROGRAMS = 264
# Fewer steps than this are not worth a part of their own, whose sums must be stored and read again.
_LEAST_STEPS = 4
# The shortest rows that tl.dot takes in Triton 3.6 and 3.7.
_LEAST_TERMS = 16


@dataclass(frozen=True, slots=True)
class Configuration:
    """A block of `pixels` × `kernels` outputs, `row_bytes` of terms in a step, `warps`, and `stages` of loads ahead.

    Terms are given in bytes, so that a block takes the same shared memory in every type; there are at least 16 in a
    step. `parts` programs share the terms; their sums are then added up.
    """

    pixels: int
    kernels: int
    row_bytes: int
    warps: int
    stages: int
    parts: int = 1

    def terms(self, element_bytes: int) -> int:
        return max(_LEAST_TERMS, self.row_bytes // element_bytes)


# For tensor cores: rows of 128 bytes, the longest that shared memory is swizzled for; four warps (which issue a Hopper
# product together) hold 64 rows or more. Small blocks are for few pixels or few output channels; the smallest is last.
TENSOR_CORE = (
    Configuration(128, 128, 128, 8, 3),
    Configuration(128, 256, 128, 8, 3),
    Configuration(256, 128, 128, 8, 3),
    Configuration(128, 64, 128, 4, 4),
    Configuration(64, 128, 128, 4, 4),
    Configuration(64, 64, 128, 4, 4),
    Configuration(128, 32, 128, 4, 4),
    Configuration(64, 32, 128, 4, 4),
    Configuration(64, 16, 128, 4, 4),
)
# For IEEE fp32, which scalar units multiply: a lane keeps its operands of a whole row in registers, so rows are short.
# Also for fp64, whose sums take twice the registers.
SCALAR = (
    Configuration(64, 64, 64, 4, 3),
    Configuration(128, 64, 64, 4, 3),
    Configuration(128, 128, 64, 8, 3),
    Configuration(64, 32, 64, 4, 4),
    Configuration(32, 32, 64, 4, 4),
    Configuration(64, 16, 64, 4, 4),
    Configuration(32, 16, 64, 4, 4),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """A convolution as numbers: pairs are (height, width), `padding` is (top, left), channels are those of a group."""

    element_bytes: int
    batch: int
    groups: int
    channels: int
    kernels: int
    size: tuple[int, int]
    out_size: tuple[int, int]
    taps: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    nhwc: bool

    @property
    def terms(self) -> int:
        return self.channels * self.taps[0] * self.taps[1]

    @property
    def pixels(self) -> int:
        return self.batch * self.out_size[0] * self.out_size[1]

    @property
    def outputs(self) -> int:
        return self.groups * self.kernels * self.pixels

    @property
    def has_window(self) -> bool:
        """Whether an output sees more than the input at its own place; if not, this is a plain matrix product."""
        return self.taps != (1, 1) or self.stride != (1, 1) or self.padding != (0, 0) or self.size != self.out_size

    @property
    def largest(self) -> int:
        """Elements of the largest tensor."""
        inputs = self.batch * self.channels * self.size[0] * self.size[1]
        return self.groups * max(inputs, self.kernels * self.pixels, self.kernels * self.terms)

    def is_flat(self, configuration: Configuration) -> bool:
        """Whether taps share a block of terms, because a block is longer than the channels."""
        return self.has_window and self.channels < configuration.terms(self.element_bytes)

    def steps(self, configuration: Configuration) -> int:
        """The number of blocks of terms in a sum."""
        terms = configuration.terms(self.element_bytes)
        if self.is_flat(configuration):
            return cdiv(self.terms, terms)
        return self.taps[0] * self.taps[1] * cdiv(self.channels, terms)

    def blocks(self, configuration: Configuration) -> int:
        """The number of blocks of outputs in a group."""
        return cdiv(self.pixels, configuration.pixels) * cdiv(self.kernels, configuration.kernels)


def configurations(sizes: Sizes, precision: str) -> tuple[Configuration, ...]:
    """The configurations worth trying: no block much larger than the problem, and parts where blocks are few."""
    possible = SCALAR if precision in ("fp32", "fp64") else TENSOR_CORE
    smallest = possible[-1]
    most_pixels = max(smallest.pixels, _power_of_two(sizes.pixels))
    most_kernels = max(smallest.kernels, _power_of_two(sizes.kernels))
    fitting = [c for c in possible if c.pixels <= most_pixels and c.kernels <= most_kernels]
    divided = [replace(c, parts=parts) for c in fitting if (parts := _parts(sizes, c)) > 1]
    return (*fitting, *divided)


def _parts(sizes: Sizes, configuration: Configuration) -> int:
    """The number of parts into which terms are cut to give the whole GPU programs."""
    steps = sizes.steps(configuration)
    wanted = min(cdiv(_PROGRAMS, sizes.groups * sizes.blocks(configuration)), steps // _LEAST_STEPS)
    # Parts of equal size: none is left without a step.
    return cdiv(steps, cdiv(steps, max(1, wanted)))


def cdiv(a: int, b: int) -> int:
    """⌈a / b⌉"""
    return -(-a // b)


def _power_of_two(n: int) -> int:
    """The least power of two that is not smaller than n."""
    return 1 << max(0, n - 1).bit_length()
