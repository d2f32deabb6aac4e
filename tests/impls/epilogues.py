"""Holds plans with an epilogue to the same plans without one, and to the float64 oracle."""

from __future__ import annotations

from dataclasses import replace

import torch

import impls
from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, Epilogue
from impls.tensors import in_layout

BOTH = Epilogue(adds_residual=True, has_relu=True)
EPILOGUES = [Epilogue(adds_residual=True), Epilogue(has_relu=True), BOTH]


def require_right(name: str, case: Case, epilogue: Epilogue, seed: int = 3) -> None:
    """The epilogue is as right as the convolution, and in 32 and 64 bits the same to the last bit as done afterwards.

    Sums in registers are rounded to the type of the output before the residual is added, in both ways.
    """
    inputs, implementation = draw(case, seed), impls.get(name)
    residual = in_layout(
        torch.randn(case.problem.output_shape, generator=_generator(seed)).to(inputs.x.dtype), case.layout
    )
    operands = (inputs.x, residual) if epilogue.adds_residual else (inputs.x,)
    y = impls.prepare(implementation, case, inputs.weight, inputs.bias, epilogue)(*operands)
    known, added = inputs.truth, residual.double() if epilogue.adds_residual else torch.zeros(())
    right = known.y + added
    right = right.relu() if epilogue.has_relu else right
    # The residual is one more term of each sum.
    known = replace(known, y=right, scale=known.scale + added.abs(), norms=known.norms + added.abs().amax())
    verdict = judge(y, known, implementation, case)
    assert verdict.ok, f"{case}: {verdict.reason}"
    if case.numbers.bytes > 2:
        plain = impls.prepare(implementation, case, inputs.weight, inputs.bias)(inputs.x)
        assert torch.equal(y, epilogue.applied(plain, residual if epilogue.adds_residual else None)), case


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
