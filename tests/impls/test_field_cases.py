"""Small inputs that went wrong in other systems once are right, by every implementation that computes them."""

from __future__ import annotations

from typing import Any

import psutil
import pytest
import torch

import impls
from bench.gate.data import Data
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.auto import adds_products, choose
from impls.oracle import truth

CPU = impls.names("cpu")
HUGE = 2**55


def _computing(case: Case) -> list[str]:
    return [name for name in CPU if impls.get(name).why_not(case) is None]


def _require_right(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, **options: Any) -> list[str]:
    """Every implementation that computes this call is right; their names."""
    problem = ConvProblem.from_tensors(x, weight, bias, **options)
    case, known = Case(problem), truth(problem, x, weight, bias)
    for name in (names := _computing(case)):
        y = impls.conv2d(x, weight, bias, implementation=name, **options)
        judged = judge(y, known, impls.get(name), case)
        assert judged.ok, f"{name}: {judged.reason}"
    return names


@pytest.mark.full
def test_strides_of_axes_of_size_1_do_not_matter() -> None:
    x = torch.randn(100, 64).as_strided((100, 64, 1, 1), (64, 1, 64, 64))
    assert "direct" in _require_right(x, torch.randn(1, 64, 125, 1), torch.randn(1), stride=2, padding=63)


@pytest.mark.parametrize("both", [False, True], ids=["weight channels last", "both channels last"])
def test_channels_last_of_one_channel_is_right(both: bool) -> None:
    x, weight = torch.randn(1, 1, 100, 100), torch.randn(64, 1, 3, 3).to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last) if both else x
    assert "torch" in _require_right(x, weight, None, padding=1)


@pytest.mark.parametrize(
    "descriptor",
    [
        "mb1ic6ih27oc16kh3ph1",
        "mb1ic64ih1iw33oc1oh1ow33kh1kw24ph0pw23",
        pytest.param("mb1ic64ih1167oc8kh5ph4dh1", marks=pytest.mark.full),
    ],
)
def test_sizes_that_failed_elsewhere_are_right(descriptor: str) -> None:
    case = Case(ConvProblem.parse(descriptor))
    inputs = draw(case, 3)
    # Of large sizes the loops take minutes, and `auto` runs the plans of others.
    left_out = ("loops", "auto", "auto-safe") if case.problem.macs >= 1e8 else ()
    for name in _computing(case):
        if name not in left_out:
            judged = gate(impls.get(name), case, inputs).verdict
            assert judged.ok, f"{name}: {judged.reason}"


@pytest.mark.parametrize("size", [(48, 50), (23, 23)])
def test_integers_in_fp16_are_exact(size: tuple[int, int]) -> None:
    """Sums of 0 and 1 in fp32, rounded once: nothing is lost."""
    x = torch.randint(0, 2, (1, 1, *size)).half()
    weight = torch.ones(1, 1, 5, 5).half()
    expected = torch.nn.functional.conv2d(x.double(), weight.double())
    case = Case(ConvProblem.from_tensors(x, weight, None), "fp16")
    for name in (names := _computing(case)):
        assert torch.equal(impls.conv2d(x, weight, implementation=name).double(), expected), name
    assert "direct" in names


def test_depthwise_fp16_with_bias_is_rounded_once() -> None:
    x, weight, bias = torch.randn(2, 32, 16, 16).half(), torch.randn(32, 1, 3, 3).half(), torch.randn(32).half()
    right = torch.nn.functional.conv2d(x.double(), weight.double(), bias.double(), padding=1, groups=32)
    rounded = (right.half().double() - right).abs().max()
    y = impls.conv2d(x, weight, bias, padding=1, groups=32, implementation="direct")
    assert (y.double() - right).abs().max() <= 1.01 * rounded


def test_one_axis_of_a_descriptor_stands_for_a_height_of_1() -> None:
    problem = ConvProblem.parse("g1ic64iw8oc17ow4kw3sw2pw1")
    assert (problem.input_shape, problem.output_shape) == ((2, 64, 1, 8), (2, 17, 1, 4))
    assert (problem.stride[1], problem.padding[1][0]) == (2, 1)


@pytest.mark.parametrize(
    ("descriptor", "macs"), [("mb1ic1ih128oc128kh3", 18_289_152), ("mb1ic3ih224oc32kh7sh2ph3", 59_006_976)]
)
def test_macs_are_not_flops_and_count_no_bias(descriptor: str, macs: int) -> None:
    problem = ConvProblem.parse(descriptor, bias=True)
    assert (problem.macs, problem.direct_flops) == (macs, 2 * macs)


@pytest.mark.parametrize("name", CPU)
def test_sizes_that_no_machine_can_address_are_refused_in_words(name: str) -> None:
    x, weight = torch.randn(1, 1, 4, 4), torch.randn(1, 1, 2, 2)
    with pytest.raises(impls.Unsupported, match="elements, too many to address"):
        impls.conv2d(x, weight, padding=HUGE, implementation=name)
    problem = ConvProblem.parse(f"mb1ic1ih4oc1kh{HUGE}ph{HUGE}")
    assert "too many to address" in (impls.get(name).why_not(Case(problem)) or "")


def test_results_near_the_largest_number_are_right_or_caught() -> None:
    """The case "range": operands of 1e18, whose result of 1e37 fits fp32."""
    generator = torch.Generator().manual_seed(1)
    x, weight = (torch.randn(shape, generator=generator) * 1e18 for shape in ((1, 32, 14, 14), (32, 32, 3, 3)))
    problem = ConvProblem.from_tensors(x, weight, None, padding=1)
    case, known = Case(problem), truth(problem, x, weight, None)
    assert 1e37 < float(known.y.abs().max()) < 3e38
    right = [
        name
        for name in _computing(case)
        if judge(impls.conv2d(x, weight, padding=1, implementation=name), known, impls.get(name), case).ok
    ]
    assert {"loops", "direct", "im2col", "implicit-gemm", "onednn", "auto-safe"} <= set(right)
    # Their transforms overflow: `convcost explain winograd` says where.
    assert not {"winograd-f5", "winograd-f6"} & set(right)
    assert adds_products(impls.get(choose(case, is_safe=True) or ""), case)


@pytest.mark.full
def test_subnormal_weights_are_right_and_slow() -> None:
    """The case "subnormal"; `convcost measure … --data normal --data subnormal` says how much slower they are."""
    case = Case(ConvProblem.parse("mb1ic64ih1000iw15oc128kh1kw1"))
    inputs = draw(case, 3, Data("subnormal"))
    for name in ("direct", "im2col", "onednn", "torch", "implicit-gemm", "auto"):
        judged = gate(impls.get(name), case, inputs, tricks=False).verdict
        assert judged.ok, f"{name}: {judged.reason}"


@pytest.mark.full
def test_offsets_past_2_to_the_31_are_right() -> None:
    """Three bands of rows of an input with more than 2³¹ elements, in bf16."""
    height, width = 16_400, 16_500
    if psutil.virtual_memory().available < 4 * 8 * height * width:
        pytest.skip("needs 9 GB of free memory")
    # Rows repeat after a prime number of them, so that a wrong offset is not hidden.
    rows = torch.randn(8, 31, width).bfloat16()
    x = torch.empty(1, 8, height, width, dtype=torch.bfloat16)
    for top in range(0, height, 31):
        x[0, :, top : top + 31] = rows[:, : min(31, height - top)]
    assert x.numel() > 2**31
    weight = torch.randn(2, 8, 3, 3).bfloat16()
    y = impls.conv2d(x, weight, implementation="direct")
    for top in (0, 8_000, height - 34):
        band = torch.nn.functional.conv2d(x[:, :, top : top + 34].float(), weight.float())
        torch.testing.assert_close(y[:, :, top : top + 32].float(), band, rtol=2**-8, atol=1e-4)
