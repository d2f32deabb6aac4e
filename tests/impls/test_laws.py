"""Laws of convolution, and agreement with the oracle, on random problems."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from impls import Case, ConvProblem, ProblemError

CPU = impls.names("cpu")

_SIDE = st.integers(0, 4)


@st.composite
def problems(draw_from: st.DrawFn) -> ConvProblem:
    groups = draw_from(st.sampled_from([1, 1, 1, 2, 3]))
    # Half of the problems suit every algorithm: 3 × 3, stride 1, dense.
    plain = draw_from(st.booleans())
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    try:
        return ConvProblem(
            batch=draw_from(st.integers(1, 3)),
            in_channels=groups * draw_from(st.integers(1, 5)),
            size=(draw_from(st.integers(1, 17)), draw_from(st.integers(1, 17))),
            out_channels=groups * draw_from(st.integers(1, 5)),
            kernel=(3, 3) if plain else draw_from(pair),
            stride=(1, 1) if plain else draw_from(pair),
            padding=(
                (draw_from(_SIDE), draw_from(_SIDE)),
                (draw_from(_SIDE), draw_from(_SIDE)),
            ),
            dilation=(1, 1) if plain else draw_from(pair),
            groups=groups,
            bias=draw_from(st.booleans()),
        )
    except ProblemError:
        assume(False)
        raise


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "examples"),
    [pytest.param(layout, 50, marks=pytest.mark.full) for layout in ("nchw", "nhwc")],
)
def test_every_implementation_agrees_with_the_oracle(layout: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(problem=problems(), seed=st.integers(0, 2**31))
    def agrees(problem: ConvProblem, seed: int) -> None:
        _require_agreement(problem, layout, seed)

    agrees()


def _require_agreement(problem: ConvProblem, layout: str, seed: int) -> None:
    for precision in ("fp32", "fp64"):
        case = Case(problem, precision, layout)
        inputs = draw(case, seed)
        for name in CPU:
            implementation = impls.get(name)
            if implementation.why_not(case) is None:
                verdict = gate(implementation, case, inputs).verdict
                assert verdict.ok, f"{name} {precision}: {verdict.reason}"


def _linear_case(problem: ConvProblem, name: str) -> tuple[impls.Plan, Case]:
    case = Case(ConvProblem.parse(problem.descriptor), "fp64")
    reason = impls.get(name).why_not(case)
    assume(reason is None)
    weight = torch.randn(case.problem.weight_shape, dtype=torch.float64)
    return impls.prepare(impls.get(name), case, weight, None), case


@pytest.mark.parametrize("name", [n for n in CPU if n != "onednn"])
@settings(max_examples=12)
@given(problem=problems(), factor=st.floats(-100, 100))
def test_plans_are_linear(name: str, problem: ConvProblem, factor: float) -> None:
    plan, case = _linear_case(problem, name)
    a, b = (torch.randn(case.problem.input_shape, dtype=torch.float64) for _ in range(2))
    torch.testing.assert_close(plan(factor * a + b), factor * plan(a) + plan(b), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", [n for n in CPU if n != "onednn"])
@settings(max_examples=12)
@given(problem=problems())
def test_a_shift_by_the_stride_shifts_the_output(name: str, problem: ConvProblem) -> None:
    plan, case = _linear_case(problem, name)
    stride = case.problem.stride[0]
    assume(case.problem.size[0] > stride and case.problem.output_size[0] > 2)
    x = torch.randn(case.problem.input_shape, dtype=torch.float64)
    shifted = torch.zeros_like(x)
    shifted[:, :, stride:] = x[:, :, :-stride]
    before, after = plan(x), plan(shifted)
    # Rows that see neither the rows shifted out below nor a padded border, before or after.
    top = case.problem.padding[0][0]
    span = case.problem.dilation[0] * (case.problem.kernel[0] - 1) + 1
    rows = [
        i
        for i in range(case.problem.output_size[0] - 1)
        if i * stride - top >= 0 and i * stride - top + span + stride <= case.problem.size[0]
    ]
    for i in rows:
        torch.testing.assert_close(after[:, :, i + 1], before[:, :, i], atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", CPU)
def test_an_impulse_returns_the_flipped_kernel(name: str) -> None:
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    weight = torch.arange(9.0).view(1, 1, 3, 3)
    y = impls.conv2d(x, weight, padding=1, implementation=name)
    torch.testing.assert_close(y[0, 0, 1:4, 1:4], weight[0, 0].flip(0, 1), atol=1e-5, rtol=0)
