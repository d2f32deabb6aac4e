"""One suite for every registered implementation: it computes each case right, or refuses it in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
import torch

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.gate.judge import judge
from bench.predict.random_shapes import shapes
from bench.run.validate import default_problems
from impls import Case, ConvProblem
from impls.modes import precision_mode

PROBLEMS = default_problems()
CPU = impls.names("cpu")
Strided = Callable[[torch.Tensor], torch.Tensor]


def _id(problem: ConvProblem) -> str:
    return problem.descriptor + ("+bias" if problem.bias else "")


@pytest.mark.sample(every=28)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "fp64", "bf16", "fp16"])
@pytest.mark.parametrize("problem", PROBLEMS, ids=_id)
def test_every_case_is_right_or_refused_in_words(problem: ConvProblem, precision: str, layout: str) -> None:
    for bias in (False, True):
        case = Case(replace(problem, bias=bias), precision, layout)
        inputs = draw(case, seed=7)
        for name in CPU:
            implementation = impls.get(name)
            reason = implementation.why_not(case)
            if reason is not None:
                assert len(reason) > 10, f"{name} refuses {case} without words"
                continue
            verdict = gate(implementation, case, inputs).verdict
            assert verdict.ok, f"{name} on {problem.descriptor} {precision} {layout}: {verdict.reason}"


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_direct_supports_every_problem(precision: str, layout: str) -> None:
    for problem in PROBLEMS:
        assert impls.get("direct").why_not(Case(problem, precision, layout)) is None


@pytest.mark.parametrize("name", CPU)
def test_a_plan_runs_again_on_other_inputs(name: str) -> None:
    case = Case(ConvProblem.parse("mb2ic4ih9oc6kh3ph1", bias=True))
    implementation = impls.get(name)
    first, second = draw(case, 1), draw(case, 2)
    plan = impls.prepare(implementation, case, first.weight, first.bias)
    one = plan(first.x)
    kept = one.clone()
    second_truth = judge(plan(second.x), second.truth, implementation, case)
    # The plan keeps its own weights: the second result is not the truth for other weights …
    assert not second_truth.ok
    # … and the second call did not overwrite the first output.
    assert torch.equal(one, kept)
    assert judge(plan(first.x), first.truth, implementation, case).ok


def _strided(x: torch.Tensor) -> torch.Tensor:
    wide = torch.zeros(*x.shape[:3], 2 * x.shape[3], dtype=x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def _misaligned(x: torch.Tensor) -> torch.Tensor:
    flat = torch.zeros(x.numel() + 1, dtype=x.dtype)
    flat[1:] = x.flatten()
    return flat[1:].view(x.shape)


def _reversed_batch(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(2, 3).contiguous().transpose(2, 3)


@pytest.mark.parametrize("make", [_strided, _misaligned, _reversed_batch])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("precision", ["fp32", "fp64", "bf16", "fp16"])
@pytest.mark.parametrize("name", CPU)
def test_inputs_of_any_strides_are_right(name: str, precision: str, layout: str, make: Strided) -> None:
    case = Case(ConvProblem.parse("mb2ic3ih8iw9oc4kh3kw3ph1pw1"), precision, layout)
    if impls.get(name).why_not(case):
        return
    inputs = draw(case, 3)
    plan = impls.prepare(impls.get(name), case, inputs.weight, None)
    verdict = judge(plan(make(inputs.x)), inputs.truth, impls.get(name), case)
    assert verdict.ok, verdict.reason


@pytest.mark.parametrize("make", [_strided, _misaligned, _reversed_batch])
@pytest.mark.parametrize("name", CPU)
def test_weights_and_bias_of_any_strides_are_right(name: str, make: Strided) -> None:
    case = Case(ConvProblem.parse("mb2ic3ih8iw9oc4kh3kw3ph1pw1", bias=True))
    inputs = draw(case, 4)
    assert inputs.bias is not None
    bias = torch.stack([inputs.bias, inputs.bias], dim=1)[:, 1]
    plan = impls.prepare(impls.get(name), case, make(inputs.weight), bias)
    verdict = judge(plan(inputs.x), inputs.truth, impls.get(name), case)
    assert verdict.ok, verdict.reason


@pytest.mark.parametrize("name", CPU)
def test_expanded_weights_and_bias_are_right(name: str) -> None:
    """One filter and one number serve all outputs through stride 0."""
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    weight = torch.randn(1, 3, 3, 3, generator=torch.Generator().manual_seed(1)).expand(4, 3, 3, 3)
    y = impls.conv2d(x, weight, torch.tensor([0.5]).expand(4), padding=1, implementation=name)
    expected = torch.conv2d(x, weight[:1], torch.tensor([0.5]), padding=1).expand(1, 4, 8, 8)
    torch.testing.assert_close(y, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", CPU)
def test_expanded_input_is_right(name: str) -> None:
    """One image is read twice through stride 0."""
    single = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    weight = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    y = impls.conv2d(single.expand(2, 3, 8, 8), weight, padding=1, implementation=name)
    torch.testing.assert_close(y[0], y[1])
    torch.testing.assert_close(y[:1], torch.conv2d(single, weight, padding=1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", CPU)
def test_results_do_not_depend_on_weight_layout(name: str) -> None:
    x = torch.randn(1, 4, 8, 8)
    weight = torch.randn(6, 4, 3, 3)
    plain = impls.conv2d(x, weight, implementation=name)
    last = impls.conv2d(x, weight.contiguous(memory_format=torch.channels_last), implementation=name)
    torch.testing.assert_close(plain, last)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.full)])
def test_random_problems_are_refused_in_words_or_have_plausible_work(layout: str, count: int) -> None:
    for shape in shapes(count, 7):
        case = Case(shape.problem, shape.precision, layout)
        for name in impls.names("cpu"):
            reason = impls.get(name).why_not(case)
            assert reason is None or reason.strip()
            if reason is None:
                work = impls.get(name).work(case)
                assert work.flops is None or work.flops > 0
                assert work.bytes_moved is None or work.bytes_moved >= case.compulsory_bytes
                assert work.workspace_bytes is None or work.workspace_bytes >= 0


@pytest.mark.parametrize("name", CPU)
def test_work_is_a_count_or_none(name: str) -> None:
    for problem in PROBLEMS:
        case = Case(problem)
        if impls.get(name).why_not(case):
            continue
        work = impls.get(name).work(case)
        for value in (work.flops, work.bytes_moved, work.workspace_bytes):
            assert value is None or (isinstance(value, int) and value >= 0)
        if work.bytes_moved is not None:
            assert work.bytes_moved >= case.compulsory_bytes


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "fp64", "tf32", "tf32x3", "bf16", "fp16"])
def test_every_case_on_cuda_is_right_or_refused(precision: str) -> None:
    for problem, layout in product(PROBLEMS, ("nchw", "nhwc")):
        case = Case(problem, precision, layout, "cuda")
        inputs = draw(case, seed=7)
        for name in impls.names("cuda"):
            implementation = impls.get(name)
            if implementation.why_not(case) is None:
                with precision_mode(case):
                    verdict = gate(implementation, case, inputs).verdict
                assert verdict.ok, f"{name} on {problem.descriptor} {precision} {layout}: {verdict.reason}"
