"""An epilogue follows every implementation, fused into the last write or after it."""

from __future__ import annotations

import pytest
import torch

import impls
from bench.gate.inputs import draw
from impls import Case, ConvProblem, Epilogue, ProblemError
from tests.impls.epilogues import BOTH, EPILOGUES, require_right

PROBLEM = ConvProblem.parse("mb2ic5ih9iw11oc7kh3kw3ph1pw1", bias=True)
# Sums of implicit GEMM in several blocks of terms; blocks of Winograd that threads share.
LARGE = ConvProblem.parse("mb1ic90ih9oc160kh3ph1", bias=True)
# On the CPU these apply it where they write outputs.
FUSED = {"direct", "implicit-gemm", "winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6"}
RELU = Epilogue(has_relu=True)


def operands(case: Case) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """x, weight, bias and a residual of a case in fp32."""
    p = case.problem
    shapes = (p.input_shape, p.weight_shape, (p.out_channels,), p.output_shape)
    generator = torch.Generator().manual_seed(1)
    x, weight, bias, residual = (torch.randn(shape, generator=generator) for shape in shapes)
    return x, weight, bias, residual


def test_an_empty_epilogue_is_false() -> None:
    assert not Epilogue()
    assert all(EPILOGUES)


# One kernel of ours, one that ends in passes of torch, and torch: others are compiled for half a minute.
_FIRST = (("direct", "nchw"), ("im2col", "nhwc"), ("torch", "nchw"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        pytest.param(name, layout, marks=() if (name, layout) in _FIRST else pytest.mark.full)
        for name in impls.names("cpu")
        for layout in ("nchw", "nhwc")
    ],
)
def test_every_implementation_is_right_with_an_epilogue(name: str, layout: str) -> None:
    for problem, epilogue in ((PROBLEM, BOTH), (PROBLEM, EPILOGUES[1]), (LARGE, EPILOGUES[0])):
        case = Case(problem, layout=layout)
        if impls.get(name).why_not(case) is None:
            require_right(name, case, epilogue)


def test_compiled_kernels_fuse_and_others_do_not() -> None:
    case = Case(PROBLEM)
    known = {name for name in impls.names("cpu") if not name.startswith("auto")}
    assert {name for name in known if impls.get(name).fuses(case)} == FUSED
    assert not any(impls.get(name).fuses(Case(PROBLEM, device="cuda")) for name in FUSED)
    # Groups that Winograd computes by torch.
    assert not impls.get("winograd-f4").fuses(Case(ConvProblem.parse("g3mb1ic15ih9oc21kh3ph1")))


def test_auto_fuses_where_its_choice_does(monkeypatch: pytest.MonkeyPatch) -> None:
    case, auto = Case(PROBLEM), impls.get("auto")
    for chosen in ("direct", "im2col"):
        monkeypatch.setattr("impls.auto.choose", lambda *_, chosen=chosen, **__: chosen)
        assert auto.fuses(case) == (chosen in FUSED)
        plan = impls.prepare(auto, case, *operands(case)[1:3], BOTH)
        assert plan.epilogue == BOTH
        assert str(plan.backend).startswith(chosen)
        require_right("auto", case, BOTH)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_16_bits_are_right(precision: str) -> None:
    for epilogue in EPILOGUES:
        for problem in (PROBLEM, ConvProblem.parse("mb1ic32ih7oc64kh3ph1")):
            require_right("direct", Case(problem, precision, "nhwc"), epilogue)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("name", ["direct", "implicit-gemm", "winograd-f4", "im2col"])
def test_a_residual_in_another_layout_is_the_same(name: str, layout: str) -> None:
    case = Case(PROBLEM, layout=layout)
    x, weight, bias, residual = operands(case)
    plan = impls.prepare(impls.get(name), case, weight, bias, BOTH)
    turned = residual.transpose(2, 3).contiguous().transpose(2, 3)
    assert torch.equal(plan(x, residual), plan(x, turned))
    # The residual is only read.
    assert torch.equal(turned, operands(case)[3])


@pytest.mark.parametrize("name", ["direct", "implicit-gemm", "winograd-f4", "im2col"])
def test_relu_keeps_nan(name: str) -> None:
    case = Case(PROBLEM)
    x, weight, bias, residual = operands(case)
    x[0, 0, 4, 4] = float("nan")
    y = impls.prepare(impls.get(name), case, weight, bias, RELU)(x)
    assert bool(y[0, :, 4, 4].isnan().all())
    assert bool((y[1] >= 0).all())
    residual[1, 3, 2, 1] = float("nan")
    assert bool(impls.prepare(impls.get(name), case, weight, bias, BOTH)(x, residual)[1, 3, 2, 1].isnan())


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("name", ["direct", "implicit-gemm", "winograd-f4"])
@pytest.mark.parametrize(
    "descriptor",
    ["mb1ic16ih14oc32kh3ph1", "mb1ic3ih17oc20kh3sh2ph1", "mb1ic32ih7oc48kh1", "g8mb1ic8ih10oc8kh3ph1"],
)
def test_a_fused_relu_is_that_of_torch(descriptor: str, name: str, layout: str, precision: str, bias: bool) -> None:
    case, implementation = Case(ConvProblem.parse(descriptor, bias=bias), precision, layout), impls.get(name)
    if implementation.why_not(case) or not implementation.fuses(case):
        pytest.skip("its kernels do not compute this")
    inputs = draw(case, 5)
    # A NaN must not become 0: an error would be hidden.
    inputs.x[0, 0, 0, 0] = float("nan")
    plain = impls.prepare(implementation, case, inputs.weight, inputs.bias)(inputs.x)
    fused = impls.prepare(implementation, case, inputs.weight, inputs.bias, RELU)(inputs.x)
    assert bool((plain < 0).any())
    assert bool(plain.isnan().any())
    assert torch.allclose(fused, plain.relu(), rtol=0, atol=0, equal_nan=True)
    assert fused.stride() == plain.stride()


def test_calls_that_do_not_fit_the_epilogue_are_refused() -> None:
    case = Case(PROBLEM)
    x, weight, bias, residual = operands(case)
    plain = impls.prepare(impls.get("direct"), case, weight, bias)
    adding = impls.prepare(impls.get("direct"), case, weight, bias, BOTH)
    with pytest.raises(ProblemError, match="residual is given, but the plan's epilogue adds none"):
        plain(x, residual)
    for given, sentence in (
        (None, "residual is missing, but the plan's epilogue adds one"),
        (residual[:1], "residual has shape"),
        (residual.double(), "residual is float64; allowed: float32"),
    ):
        with pytest.raises(ProblemError, match=sentence):
            adding(x, given)


@pytest.mark.parametrize("name", ["direct", "im2col"])
def test_an_empty_batch_has_an_empty_output(name: str) -> None:
    case = Case(ConvProblem.parse("mb0ic5ih9oc7kh3"))
    x, weight, _, residual = operands(case)
    assert impls.prepare(impls.get(name), case, weight, None, BOTH)(x, residual).shape == residual.shape


def test_a_plug_in_knows_nothing_of_epilogues() -> None:
    class Plugin(impls.Implementation):
        name = "plug-in"

        def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> impls.Plan:
            return impls.Plan(lambda x: torch.nn.functional.conv2d(x, weight, bias, padding=1))

    case = Case(PROBLEM)
    x, weight, bias, residual = operands(case)
    y = impls.prepare(Plugin(), case, weight, bias, BOTH)(x, residual)
    expected = (torch.nn.functional.conv2d(x, weight, bias, padding=1) + residual).relu()
    assert torch.equal(y, expected)
