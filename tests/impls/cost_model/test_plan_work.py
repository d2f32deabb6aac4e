"""What plans decide by sizes alone, against what they state and do."""

from __future__ import annotations

import pytest
import torch

import impls
from bench.predict.random_shapes import shapes
from impls import Case, ConvProblem, registry
from impls.cost_model.cpu_work import WAYS
from impls.cost_model.plan_work import PlanWork, plan_work

CASES = [shape.case(("nchw", "nhwc")[number % 2]) for number, shape in enumerate(shapes(120, 11))]


def _computed(name: str) -> list[Case]:
    return [case for case in CASES if registry.get(name).why_not(case) is None]


@pytest.mark.parametrize("name", ["direct", "implicit-gemm"])
def test_inner_loops_compute_at_least_the_products(name: str) -> None:
    cases = _computed(name)
    for case in cases:
        found = plan_work(name, case)
        if case.precision == "bf16" or case.problem.padding != ((0, 0), (0, 0)):
            # Products of pairs of channels count once, and those of padding are not computed.
            continue
        assert found.slots >= 0.99 * 2 * case.problem.macs, case
        assert found.way in ("", *WAYS)


@pytest.mark.parametrize("name", ["winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6"])
def test_products_and_transforms_are_all_that_winograd_executes(name: str) -> None:
    for case in _computed(name):
        found, executed = plan_work(name, case), registry.get(name).work(case).flops
        assert executed is not None
        if found.way != "GEMM":
            # The busiest worker may have more than its share.
            assert found.slots + found.transform_flops >= executed, case
            assert found.slots + found.transform_flops <= executed * torch.get_num_threads(), case


@pytest.mark.parametrize("name", ["fft", "fft-tiled"])
def test_products_and_transforms_are_all_that_an_fft_executes(name: str) -> None:
    for case in _computed(name):
        found = plan_work(name, case)
        assert found.slots + found.transform_flops == pytest.approx(registry.get(name).work(case).flops, abs=1)


@pytest.mark.parametrize(
    "case",
    [
        Case(ConvProblem.parse("mb1ic8ih9oc8kh3ph1"), precision, layout)
        for precision in ("fp32", "fp64", "bf16")
        for layout in ("nchw", "nhwc")
    ]
    + [
        Case(ConvProblem(2, 4, (9, 8), 4, (3, 2), padding=((1, 0), (0, 2)))),
        Case(ConvProblem.parse("mb1ic8ih9oc8kh3dh1")),
    ],
)
def test_the_backend_of_torch_is_that_of_its_plan(case: Case) -> None:
    plan = impls.prepare(impls.get("torch"), case, torch.ones(case.problem.weight_shape).to(_dtype(case)), None)
    assert plan_work("torch", case).way == plan.backend


def _dtype(case: Case) -> torch.dtype:
    return {"fp32": torch.float32, "fp64": torch.float64, "bf16": torch.bfloat16}[case.precision]


def test_of_others_nothing_is_known() -> None:
    case = CASES[0]
    assert plan_work("onednn", case) == plan_work("a plug-in", case) == PlanWork()
    assert plan_work("direct", Case(case.problem, "fp32", "nchw", "cuda")) == PlanWork()
    assert plan_work("direct", Case(ConvProblem.parse("mb0ic4ih8oc4kh3ph1"))) == PlanWork()
    # Winograd refuses this one.
    assert plan_work("winograd-f4", Case(ConvProblem.parse("mb1ic4ih8oc4kh3sh2"))) == PlanWork()
