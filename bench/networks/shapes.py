"""Makes the problem of a convolution from the shapes of its tensors, in one, two or three dimensions of space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from impls import ConvError, ConvProblem

# Types of tensors and the precisions that compute in them; fp32 is that of the command.
PRECISIONS = {"float32": None, "float64": "fp64", "bfloat16": "bf16", "float16": "fp16"}


@dataclass(frozen=True, slots=True)
class ConvolutionSizes:
    """A convolution by its shapes: x (N, C, …), weight (K, C/groups, …), and a number for each axis of space.

    `pads` are (before, after) on each axis. Of a transposed one, weight is (C, K/groups, …).
    """

    x: tuple[int, ...]
    weight: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int = 1
    bias: bool = False
    is_transposed: bool = False

    @property
    def axes(self) -> int:
        """The dimensions of space."""
        return len(self.weight) - 2

    def macs(self, output: Sequence[int]) -> int:
        """Multiply–accumulates of the definition, padding included: each position times the weights that meet it."""
        positions = self.x[2:] if self.is_transposed else output[2:]
        return self.x[0] * math.prod(positions) * math.prod(self.weight)

    def problem(self) -> ConvProblem | str:
        """The 2-D problem; one in one dimension has a height of 1. A sentence for one that is not covered."""
        if self.is_transposed:
            return f"transposed, in {self.axes} dimension{'s' * (self.axes != 1)}: only convolutions are measured"
        if self.axes not in (1, 2):
            return f"in {self.axes} dimensions: only 1-D and 2-D convolutions are measured"
        try:
            return ConvProblem(
                self.x[0],
                self.x[1],
                _pair(self.x[2:], 1),
                self.weight[0],
                _pair(self.weight[2:], 1),
                _pair(self.stride, 1),
                (self.pads[0], self.pads[1]) if self.axes == 2 else ((0, 0), self.pads[0]),
                _pair(self.dilation, 1),
                self.groups,
                self.bias,
            )
        except ConvError as error:
            return str(error)


def _pair(values: Sequence[int], first: int) -> tuple[int, int]:
    """Both axes; of one axis it is the width."""
    return (values[0], values[1]) if len(values) == 2 else (first, values[0])


def plane(values: Sequence[int], first: int = 1) -> tuple[int, int] | None:
    """A pair for the fields of images and of rows; None in more dimensions."""
    return _pair(values, first) if len(values) in (1, 2) else None
