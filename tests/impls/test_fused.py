"""ReLU in a kernel's last write: bit for bit what ReLU makes of the plan without it."""

from __future__ import annotations

import pytest
import torch

import impls
from impls import Case, ConvProblem, Implementation, Unsupported
from impls.interface import RELU
from impls.tensors import dtype_of, in_layout

PROBLEMS = [
    "mb1ic16ih14oc32kh3ph1",
    "mb1ic3ih17oc20kh3sh2ph1",
    "mb2ic8ih9iw11oc24oh9ow11kh3kw3ph1pw1",
    "mb1ic32ih7oc48kh1",
    "g2mb1ic8ih10oc64kh3ph1",
]


def tensors(case: Case) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    draw = torch.Generator().manual_seed(5)
    p, dtype = case.problem, dtype_of(case)
    x = in_layout(torch.randn(p.input_shape, generator=draw).to(dtype), case.layout)
    weight = torch.randn(p.weight_shape, generator=draw).to(dtype)
    return x, weight, torch.randn(p.out_channels, generator=draw).to(dtype) if p.bias else None


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("name", ["direct", "winograd-f2", "winograd-f4", "winograd-f6"])
@pytest.mark.parametrize("descriptor", PROBLEMS)
def test_a_fused_relu_is_the_relu_of_the_result(
    descriptor: str, name: str, layout: str, precision: str, bias: bool
) -> None:
    case, implementation = Case(ConvProblem.parse(descriptor, bias=bias), precision, layout), impls.get(name)
    if implementation.why_not(case) or RELU not in implementation.fuses(case):
        pytest.skip("its kernels do not compute this, or have no epilogue here")
    x, weight, b = tensors(case)
    # A NaN must not become 0: an error would be hidden.
    x[0, 0, 0, 0] = float("nan")
    whole = impls.prepare(implementation, case, weight, b)(x)
    fused = impls.prepare(implementation, case, weight, b, RELU)(x)
    assert bool((whole < 0).any())
    assert bool(whole.isnan().any())
    assert torch.equal(fused.isnan(), whole.isnan())
    assert torch.equal(fused.nan_to_num(), whole.relu().nan_to_num())
    assert fused.stride() == whole.stride()


def test_kernels_with_tiles_have_the_epilogue() -> None:
    dense, depthwise = (Case(ConvProblem.parse(text)) for text in ("mb1ic16ih14oc32kh3ph1", "g8mb1ic8ih9oc8kh3ph1"))
    assert impls.get("direct").fuses(dense) == impls.get("winograd-f4").fuses(dense) == (RELU,)
    assert impls.get("direct").fuses(depthwise) == impls.get("im2col").fuses(dense) == ()
    # They compute in float32, and round.
    assert impls.get("direct").fuses(Case(dense.problem, "bf16")) == ()


def test_an_epilogue_that_is_not_there_is_refused() -> None:
    case = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
    _, weight, _ = tensors(case)
    with pytest.raises(Unsupported, match="im2col cannot run this: its kernels for this case do not fuse relu"):
        impls.prepare(impls.get("im2col"), case, weight, None, RELU)
    with pytest.raises(NotImplementedError, match="Implementation fuses nothing"):
        Implementation().plan_fused(case, weight, None, RELU)
