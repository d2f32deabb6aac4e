"""Inputs of every kind have its distribution, and right results on them pass, before and after they are changed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import impls
from bench.gate.data import KINDS, Data
from bench.gate.gate import gate
from bench.gate.inputs import Inputs, draw, redraw
from bench.gate.judge import judge
from bench.gate.poke import Poke
from impls import Case, ConvProblem

LARGE = Case(ConvProblem.parse("mb1ic64ih16oc64kh3ph1"))
CPU = impls.names("cpu")


def _share(found: torch.Tensor) -> float:
    return float(found.double().mean())


def test_kinds_have_their_distribution() -> None:
    x = {kind: draw(LARGE, 1, Data(kind)).x for kind in KINDS}
    assert 0.99 < float(x["uniform"].abs().max()) <= 1
    assert abs(float(x["uniform"].std()) - math.sqrt(1 / 3)) < 0.01
    assert float(x["relu"].min()) == 0
    assert abs(_share(x["relu"] == 0) - 0.5) < 0.02
    assert set(x["zeros"].unique().tolist()) == {0.0}
    assert not torch.signbit(x["zeros"]).any()
    assert set(x["constant"].unique().tolist()) == {1.0}
    assert x["integers"].unique().tolist() == list(range(-8, 9))
    assert abs(_share(x["sparse90"] == 0) - 0.9) < 0.01
    assert float(x["subnormal"].min()) >= 0


@pytest.mark.parametrize(("precision", "tiny"), [("fp32", 2**-126), ("bf16", 2**-126), ("fp16", 2**-14)])
def test_most_weights_of_subnormal_are_below_the_normal_numbers(precision: str, tiny: float) -> None:
    weight = draw(replace(LARGE, precision=precision), 1, Data("subnormal")).weight.double()
    assert abs(_share(weight.abs() < tiny) - 0.9) < 0.02
    if precision == "fp32":
        assert 1e-41 < float(weight[weight.abs() < tiny].abs().median()) < 1e-39


def test_weights_can_be_of_another_kind_than_x() -> None:
    inputs = draw(LARGE, 1, Data("zeros", "integers"))
    assert not inputs.x.any()
    assert inputs.weight.unique().tolist() == list(range(-8, 9))
    assert torch.equal(draw(LARGE, 1, Data("zeros")).weight, draw(LARGE, 1).weight)


def _require_right_on(inputs: Inputs, case: Case, name: str) -> None:
    """The first result, one with two changed values, and one on the second input."""
    implementation = impls.get(name)
    made = gate(implementation, case, inputs, tricks=False)
    assert made.verdict.ok, f"{name}: {made.verdict.reason}"
    poke, x = Poke(case, inputs, 5), inputs.x.clone()
    call, at = poke.calling(made.plan.run, x)
    for _ in range(3):
        y = call()
        with poke.known_at(at[0]) as known:
            judged = judge(y, known, implementation, case)
        assert judged.ok, f"{name}, two values changed: {judged.reason}"
    other = replace(inputs, x=x)
    for seed in range(2):
        changed = redraw(case, other, seed).get()
        judged = judge(made.plan.run(x), changed, implementation, case)
        assert judged.ok, f"{name}, second input: {judged.reason}"


@pytest.mark.parametrize("kind", [pytest.param("zeros", marks=pytest.mark.full), "subnormal"])
def test_right_results_on_odd_kinds_pass(kind: str) -> None:
    case = Case(ConvProblem.parse("mb1ic8ih8oc8kh3ph1"))
    inputs = draw(case, 5, Data(kind))
    for name in ("direct", "fft", "winograd-f4"):
        _require_right_on(inputs, case, name)


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("descriptor", "precision"),
    [
        ("mb1ic64ih14oc8kh1", "fp32"),
        ("mb1ic16ih14oc16kh3ph1", "fp32"),
        ("mb1ic1ih32oc4kh11ph5", "fp32"),
        ("g16mb1ic16ih14oc16kh3ph1", "fp64"),
        ("mb1ic16ih14oc16kh3ph1", "bf16"),
        ("mb1ic16ih14oc16kh3ph1", "fp16"),
        ("mb1ic512ih7oc16kh3ph1", "fp32"),
    ],
)
def test_right_results_on_every_kind_pass(kind: str, descriptor: str, precision: str) -> None:
    case = Case(ConvProblem.parse(descriptor, bias=kind == "zeros"), precision)
    inputs = draw(case, 5, Data(kind))
    for name in CPU:
        if name != "loops" and not impls.get(name).why_not(case):
            _require_right_on(inputs, case, name)


def test_positive_constants_pass_by_the_bound_of_any_data() -> None:
    """Their rounding errors all have one sign: bounds of random data would reject right results."""
    case = Case(ConvProblem.parse("mb1ic2048ih3oc2kh1"))
    inputs = draw(case, 1)
    inputs.x.fill_(0.1)
    inputs.weight.fill_(0.1)
    from impls.oracle import truth

    known = truth(case.problem, inputs.x, inputs.weight, None)
    total = torch.zeros((), dtype=torch.float32)
    for _ in range(2048):
        total = total + torch.tensor(0.1) * torch.tensor(0.1)
    y = total.expand(case.problem.output_shape).contiguous()
    assert not judge(y, known, impls.get("direct"), case).ok
    verdict = judge(y, replace(known, is_random=False), impls.get("direct"), case)
    assert verdict.ok
    assert verdict.bound == "direct, for any data"
    assert not judge(y * 1.001, replace(known, is_random=False), impls.get("direct"), case).ok


def test_a_result_may_be_flushed_to_zero_below_the_normal_numbers_only() -> None:
    case = Case(ConvProblem.parse("mb1ic1ih4oc2kh1"))
    inputs = draw(case, 1)
    for scale, ok in ((1e-40, True), (1e-30, False)):
        inputs.weight.fill_(scale)
        from impls.oracle import truth

        known = truth(case.problem, inputs.x, inputs.weight, None)
        assert judge(torch.zeros(case.problem.output_shape), known, impls.get("direct"), case).ok is ok
        assert judge(known.y.float(), known, impls.get("direct"), case).ok


def test_the_second_input_is_small_whole_numbers_half_zeros_times_a_power_of_two() -> None:
    powers = set()
    case = Case(ConvProblem.parse("mb1ic64ih16oc1kh1"))
    inputs = draw(case, 1)
    for seed in range(12):
        redraw(case, inputs, seed)
        assert abs(_share(inputs.x == 0) - 0.5) < 0.02
        power = math.log2(float(inputs.x.abs().max())) - 2
        assert power == int(power)
        assert (inputs.x * 2.0**-power).unique().tolist() == list(range(-4, 5))
        powers.add(int(power))
    assert min(powers) < 0 < max(powers)
    assert 0 not in powers


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_results_on_the_second_input_fit_whatever_the_weights(precision: str) -> None:
    case = replace(LARGE, precision=precision)
    inputs = draw(case, 1)
    largest = torch.finfo(inputs.weight.dtype).max
    inputs.weight.mul_(largest / 1000 / inputs.weight.abs().max())
    for seed in range(3):
        assert float(redraw(case, inputs, seed).get().scale.max()) < largest


@pytest.mark.parametrize("kind", KINDS)
def test_two_values_change_before_every_call_and_none_comes_back(kind: str) -> None:
    case = Case(ConvProblem.parse("mb1ic4ih6oc4kh3ph1"))
    inputs = draw(case, 1, Data(kind))
    poke = Poke(case, inputs, 1)
    x = inputs.x.clone()
    call, _ = poke.calling(lambda x: torch.stack([x[index] for index in poke.indices]), x)
    for values in zip(*(call().tolist() for _ in range(500)), strict=True):
        assert len(set(values)) == 500
        # In keeping with the kind.
        if kind in ("relu", "subnormal", "uniform"):
            assert min(values) >= (-1 if kind == "uniform" else 0)
    poke.restore(x)
    assert torch.equal(x, inputs.x)


def test_a_plan_that_relies_on_the_size_of_normal_inputs_is_wrong_about_the_second() -> None:
    case = Case(ConvProblem.parse("mb1ic4ih6oc4kh3ph1"))
    inputs, direct = draw(case, 1), impls.get("direct")
    plan = impls.prepare(direct, case, inputs.weight, None)
    assert judge(plan(inputs.x.clamp(-6, 6)), inputs.truth, direct, case).ok
    caught = []
    for seed in range(8):
        changed = redraw(case, inputs, seed).get()
        caught.append(not judge(plan(inputs.x.clamp(-6, 6)), changed, direct, case).ok)
    assert any(caught)
