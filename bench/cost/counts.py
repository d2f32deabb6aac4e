"""Counts the operations, bytes and parameters of layers. Pure functions of sizes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bench.errors import UsageError
from impls import Case, ConvProblem, Implementation
from impls.lattice import pairs_up_to


@dataclass(frozen=True, slots=True)
class DenseEquivalent:
    """The size of the fully connected layer from all inputs of one image to all its outputs."""

    parameters: int
    macs: int


@dataclass(frozen=True, slots=True)
class Executed:
    """The work that one implementation does for a problem; `reason` says why it does not compute the problem."""

    implementation: str
    reason: str | None
    flops: int | None
    bytes_moved: int | None
    workspace_bytes: int | None


def dense_equivalent(p: ConvProblem) -> DenseEquivalent:
    """Parameters S_in·S_out + S_out and MACs N·S_in·S_out of the dense layer that computes the same."""
    inputs = p.in_channels * p.size[0] * p.size[1]
    outputs = p.out_channels * p.output_size[0] * p.output_size[1]
    return DenseEquivalent(inputs * outputs + outputs, p.batch * inputs * outputs)


@dataclass(frozen=True, slots=True)
class Needed:
    """The least work that the definition needs: no products with padding, and skipped rows are not read."""

    flops: int
    bytes: int


def needed(case: Case) -> Needed:
    """FLOPs of products with real pixels, and bytes of the pixels that a tap meets, of weights, bias and output."""
    p = case.problem
    rows, columns = (_read_on_axis(p, axis) for axis in (0, 1))
    pixels = p.batch * p.in_channels * rows * columns
    return Needed(2 * p.needed_macs, case.numbers.bytes * (pixels + p.parameters + p.outputs))


def _read_on_axis(p: ConvProblem, axis: int) -> int:
    """Input positions along one axis that some tap of some output meets.

    Output o meets the input with tap t at o · stride + t · dilation − leading padding. Two pairs (o, t) meet the same
    position if they lie on one line, (dilation, −stride) divided by the common divisor apart. Each line is counted
    once: all pairs, less those that have another one before them on their line.
    """
    stride, outputs, dilation, taps = p.stride[axis], p.output_size[axis], p.dilation[axis], p.kernel[axis]
    apart = math.lcm(stride, dilation)
    pairs = (stride, outputs), (dilation, taps)
    repeated = (stride, max(0, outputs - apart // stride)), (dilation, max(0, taps - apart // dilation))
    before, last = p.padding[axis][0] - 1, p.padding[axis][0] + p.size[axis] - 1
    return (pairs_up_to(last, *pairs) - pairs_up_to(before, *pairs)) - (
        pairs_up_to(last - apart, *repeated) - pairs_up_to(before - apart, *repeated)
    )


def executed(case: Case, implementations: Iterable[Implementation]) -> list[Executed]:
    """The work that each implementation states; None where it cannot know."""
    found = []
    for implementation in implementations:
        reason = implementation.why_not(case)
        if reason:
            found.append(Executed(implementation.name, reason, None, None, None))
            continue
        work = implementation.work(case)
        found.append(Executed(implementation.name, None, work.flops, work.bytes_moved, work.workspace_bytes))
    return found


def fvcore_macs(p: ConvProblem) -> int:
    """MACs by fvcore's rule (fvcore calls them FLOPs), for the output shape that torch infers.

    Nothing is computed: torch's meta device propagates shapes only. Raises UsageError for sizes beyond torch's
    integers.
    """
    import torch
    import torch.nn.functional as F
    from fvcore.nn.jit_handles import conv_flop_count

    (top, bottom), (left, right) = p.padding
    try:
        x = torch.empty(p.input_shape, device="meta")
        weight = torch.empty(p.weight_shape, device="meta")
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, None, p.stride, 0, p.dilation, p.groups)
    except (RuntimeError, TypeError) as error:
        first_line = str(error).split("\n")[0]
        raise UsageError(f"{p.descriptor} is too large for torch, so fvcore cannot count it: {first_line}") from error
    return int(conv_flop_count(list(x.shape), list(weight.shape), list(y.shape)))
