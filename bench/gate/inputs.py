"""Draws the inputs of a case; the float64 truth about them is computed when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from bench.gate.late_truth import LateTruth
from impls.interface import Case
from impls.oracle import Truth, truth
from impls.tensors import dtype_of, in_layout


@dataclass(frozen=True, slots=True)
class Inputs:
    """Fresh N(0, 1) tensors of a case on its device, and the truth about them, which is computed late."""

    x: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor | None
    late_truth: LateTruth = field(repr=False)

    @property
    def truth(self) -> Truth:
        """The truth about the inputs as they were drawn; computed now unless it is known."""
        return self.late_truth.get()


def draw(case: Case, seed: int) -> Inputs:
    """Inputs from N(0, 1), the same for the same seed on any machine, and their float64 result."""
    x, weight, bias = tensors(case, seed)
    on_device = None if bias is None else bias.to(case.device)
    # Drawn again for the truth: code under test may have changed these.
    late = LateTruth(lambda: truth(case.problem, *tensors(case, seed)))
    return Inputs(x.to(case.device), weight.to(case.device), on_device, late)


def tensors(case: Case, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """x, weight and bias from N(0, 1), still on the CPU."""
    p = case.problem
    generator = torch.Generator().manual_seed(seed)
    dtype = dtype_of(case)

    def normal(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)

    x = in_layout(normal(p.input_shape), case.layout)
    weight = normal(p.weight_shape)
    return x, weight, normal((p.out_channels,)) if p.bias else None


def redraw(case: Case, inputs: Inputs, seed: int, *others: torch.Tensor) -> LateTruth:
    """Write new values into x in place, and into other tensors of its shape, and return their truth.

    A remembered result becomes wrong.
    """
    fresh = torch.randn(
        case.problem.input_shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).to(inputs.x.dtype)
    for x in (inputs.x, *others):
        # Past the version counter: a plan that remembers results by it must not notice.
        x.data.copy_(fresh)
    return LateTruth(lambda: truth(case.problem, fresh, inputs.weight, inputs.bias))
