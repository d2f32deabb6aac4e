"""The bounds accept right results and reject results that only look right."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
import torch

import impls
from bench.gate.inputs import Inputs, draw
from bench.gate.judge import judge
from impls import Case, ConvError, ConvProblem
from impls.error_bounds import bound_for, confidence, gamma
from impls.oracle import reference

SHAPES = [
    "mb1ic1ih16oc4kh3ph1", "mb1ic16ih14oc16kh3ph1", "mb1ic64ih28oc64kh3ph1", "mb1ic256ih14oc64kh3ph1",
    "mb1ic512ih7oc128kh3ph1", "mb1ic64ih14oc64kh1", "mb1ic16ih32oc8kh11ph5", "mb1ic1ih64oc1kh31ph15",
    "g16mb1ic16ih14oc16kh3ph1",
]  # fmt: skip
CPU = impls.names("cpu")
Rounding = Callable[[torch.Tensor], torch.Tensor]


def _tf32(values: torch.Tensor) -> torch.Tensor:
    """Round to nearest with 10 bits of fraction, as inputs of tensor cores are rounded."""
    bits = values.view(torch.int32)
    return ((bits + 0xFFF + ((bits >> 13) & 1)) & ~0x1FFF).view(torch.float32)


def _tf32_cut(values: torch.Tensor) -> torch.Tensor:
    """Cut off the lower bits, as tensor cores do with float32 that was not rounded."""
    return (values.view(torch.int32) & ~0x1FFF).view(torch.float32)


def _bf16(values: torch.Tensor) -> torch.Tensor:
    return values.bfloat16().float()


@functools.cache
def _drawn(case: Case) -> Inputs:
    """Inputs and their truth: the most expensive part of a test, and the same for every implementation."""
    return draw(case, 11)


@functools.cache
def _with_rounded_inputs(case: Case, rounding: Rounding) -> torch.Tensor:
    inputs = _drawn(case)
    return reference(case.problem, rounding(inputs.x), rounding(inputs.weight), inputs.bias).float()


@pytest.mark.sample(every=5)
@pytest.mark.parametrize("rounding", [_tf32, _bf16])
@pytest.mark.parametrize("name", CPU)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_fp32_gate_rejects_rounded_inputs(shape: str, name: str, rounding: Rounding) -> None:
    """The result is the correctly rounded convolution of inputs in TF32 or bf16, without any other error."""
    case = Case(ConvProblem.parse(shape))
    if impls.get(name).why_not(case):
        pytest.skip("not computed by this implementation")
    inputs = _drawn(case)
    verdict = judge(_with_rounded_inputs(case, rounding), inputs.truth, impls.get(name), case)
    assert not verdict.ok


@pytest.mark.parametrize("rounding", [_tf32, _tf32_cut])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_tf32_gate_accepts_tf32_inputs(shape: str, rounding: Rounding) -> None:
    case = Case(ConvProblem.parse(shape), "tf32")
    inputs = _drawn(case)
    verdict = judge(_with_rounded_inputs(case, rounding), inputs.truth, impls.get("implicit-gemm"), case)
    assert verdict.ok, verdict.reason


@pytest.mark.sample(every=4)
@pytest.mark.parametrize("rounding", [_tf32, _tf32_cut])
@pytest.mark.parametrize("shape", SHAPES)
def test_tf32x3_needs_three_products(shape: str, rounding: Rounding) -> None:
    case = Case(ConvProblem.parse(shape), "tf32x3")
    inputs = _drawn(case)
    (x, x_low), (w, w_low) = ((high := rounding(t), rounding(t - high)) for t in (inputs.x, inputs.weight))
    products = [reference(case.problem, *pair, None) for pair in ((x, w), (x, w_low), (x_low, w))]
    for count in (1, 2, 3):
        y = torch.stack(products[:count]).sum(dim=0).float()
        verdict = judge(y, inputs.truth, impls.get("implicit-gemm"), case)
        assert verdict.ok == (count == 3), (count, verdict)


@pytest.mark.parametrize("name", CPU)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_correctly_rounded_truth_is_accepted(shape: str, name: str) -> None:
    case = Case(ConvProblem.parse(shape))
    inputs = _drawn(case)
    assert judge(inputs.truth.y.float(), inputs.truth, impls.get(name), case).ok


@pytest.mark.parametrize("name", CPU)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_element_off_is_rejected(shape: str, name: str) -> None:
    """One element of thousands is off by a hundredth of the result's rms."""
    case = Case(ConvProblem.parse(shape))
    inputs = _drawn(case)
    y = inputs.truth.y.float()
    y.view(-1)[y.numel() // 3] += 0.01 * float(y.square().mean().sqrt())
    verdict = judge(y, inputs.truth, impls.get(name), case)
    assert not verdict.ok
    assert verdict.error_share is not None
    assert verdict.error_share > 1


@pytest.mark.sample(every=2)
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
@pytest.mark.parametrize("name", CPU)
def test_the_rms_model_is_neither_loose_nor_tight(name: str, precision: str) -> None:
    """Measured rms errors lie between 1 % and half of their limit: within a small factor of the model."""
    case = Case(ConvProblem.parse("mb1ic64ih28oc32kh3ph1"), precision)
    implementation = impls.get(name)
    if implementation.why_not(case) or len(implementation.bounds_for(case)) > 1:
        pytest.skip("refused, or with several bounds")
    inputs = draw(case, 3)
    # Channels in reverse order have the same truth: an implementation in float64 that sums in the same order as the
    # oracle would have no error at all.
    plan = impls.prepare(implementation, case, inputs.weight.flip(1), None)
    verdict = judge(plan(inputs.x.flip(1)), inputs.truth, implementation, case)
    assert verdict.error_rms is not None
    assert verdict.error_rms_limit is not None
    assert 0.01 < verdict.error_rms / verdict.error_rms_limit < 0.5


def test_gamma_grows_with_the_root_of_n() -> None:
    u = 2.0**-24
    assert gamma(400, u, 5) == pytest.approx(2 * gamma(100, u, 5), rel=1e-4)
    assert gamma(100, u, 5) == pytest.approx(5 * 10 * u, rel=1e-4)


def test_confidence_keeps_the_failure_probability() -> None:
    from math import exp

    from impls.error_bounds import FAILURE

    n, outputs = 576, 200_000
    assert 2 * n * outputs * exp(-(confidence(n, outputs) ** 2) / 2) == pytest.approx(FAILURE)


def test_coarser_precisions_have_wider_limits() -> None:
    problem = ConvProblem.parse("mb1ic64ih14oc64kh3ph1")
    limits = [
        bound_for("direct", Case(problem, precision, device="cuda")).rms_limit
        for precision in ("fp64", "fp32", "tf32x3", "tf32", "bf16")
    ]
    assert limits == sorted(limits)


def test_an_unknown_bound_is_refused() -> None:
    with pytest.raises(ConvError, match="no error bound 'magic'; allowed: direct, direct-then-bias, fft"):
        bound_for("magic", Case(ConvProblem.parse("mb1ic1ih3oc1kh3")))
