"""An honest plug-in, and what the attacks share."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

import impls
from impls import Case

Compute = Callable[[torch.Tensor], torch.Tensor]
# An attack on the time needs something to gain: its honest way computes the convolution so often.
_REPEATED = 20


class Base(impls.Implementation):
    """Computes by torch in every precision; it names no algorithm."""

    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct", "winograd-f6", "fft")


def computing(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Compute:
    """The honest computation."""
    p = case.problem
    padding = (p.padding[0][0], p.padding[1][0])
    return lambda x: F.conv2d(x, weight, bias, p.stride, padding, p.dilation, p.groups)


def computing_slowly(case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Compute:
    """The same, twenty times over."""
    right = computing(case, weight, bias)

    def run(x: torch.Tensor) -> torch.Tensor:
        for _ in range(_REPEATED - 1):
            right(x)
        return right(x)

    return run


def uncomputed(case: Case, x: torch.Tensor) -> torch.Tensor:
    """An output to fill later. Fresh memory would not do: it may hold the right output of the call before."""
    return torch.zeros(case.problem.output_shape, dtype=x.dtype)


class WorkWhenFreed:
    """Calls `work` when it is freed."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def __del__(self) -> None:
        self.work()


@impls.register
class Honest(Base):
    name = "honest"

    def plan(self, case, weight, bias):
        return computing(case, weight, bias)


@impls.register
class HonestAndSlow(Base):
    name = "honest-and-slow"

    def plan(self, case, weight, bias):
        return computing_slowly(case, weight, bias)
