"""Receptive fields along a graph: how much of the network's input one value of a tensor sees.

r_l = r_{l−1} + (k_l − 1)·d_l·j_{l−1}, j_l = j_{l−1}·s_l, r_0 = j_0 = 1, on each axis; pooling counts like convolution,
and where tensors join, the larger field holds (A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of
Convolutional Neural Networks", Distill, 2019, equations 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from impls.padding import Pair


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The (height, width) of the input that a value sees, and the distance of neighbours' fields in the input."""

    size: Pair = (1, 1)
    jump: Pair = (1, 1)

    def after(self, kernel: Pair, stride: Pair, dilation: Pair) -> ReceptiveField:
        """The field behind a convolution or pooling."""
        size = tuple(self.size[axis] + (kernel[axis] - 1) * dilation[axis] * self.jump[axis] for axis in (0, 1))
        jump = tuple(self.jump[axis] * stride[axis] for axis in (0, 1))
        return ReceptiveField((size[0], size[1]), (jump[0], jump[1]))


def joined(fields: Iterable[ReceptiveField | None]) -> ReceptiveField | None:
    """The field of a value that is made of values with these fields; None, which is everything, if one is None."""
    known = list(fields)
    sizes = [field.size for field in known if field is not None]
    jumps = [field.jump for field in known if field is not None]
    if not sizes or len(sizes) < len(known):
        return None
    return ReceptiveField(_largest(sizes), _largest(jumps))


def _largest(pairs: list[Pair]) -> Pair:
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
