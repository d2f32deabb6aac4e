"""`why_not` knows what `plan` can do: every case is refused in words, or planned, and its result is right."""

from __future__ import annotations

import importlib.util

import pytest

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from impls import Case, ConvProblem, Implementation, Plan
from impls.error_bounds import bound_for
from impls.gpu import target
from impls.interface import DEVICES, LAYOUTS
from impls.precision import PRECISIONS

PROBLEMS = {
    "dense": "mb2ic6ih9oc4kh3ph1",
    "dense, 5 × 5": "mb1ic6ih9oc4kh5ph2",
    "grouped": "g2mb2ic6ih9oc4kh3ph1",
    "grouped, whole vectors": "g2mb1ic32ih8oc64kh3ph1",
    "grouped, filters that fill no vector": "g2mb1ic8ih8oc24kh5ph2",
    "depthwise": "g8mb1ic8ih9oc8kh3ph1",
    "depthwise, 5 × 5": "g16mb1ic16ih9oc16kh5ph2",
    "depthwise, multiplier 2": "g6mb2ic6ih9oc12kh3ph1",
    "strided": "mb1ic4ih9oc4kh3sh2ph1",
    "grouped, strided": "g2mb1ic4ih9oc4kh3sh2ph1",
    "dilated": "mb1ic4ih10oc4kh3ph2dh1",
    "asymmetric padding": "mb1ic4ih9oc4oh10kh4ph2",
    "1 × 1": "mb2ic5ih6oc7kh1",
    "grouped, 1 × 1": "g2mb1ic4ih6oc6kh1",
    "one tap on an axis": "mb1ic3ih7iw7oc4kh3kw1ph1pw0",
    "large kernel": "mb1ic3ih14oc4kh11ph5",
    "kernel as large as the image": "mb1ic2ih9oc2kh9",
    "empty batch": "mb0ic3ih5oc2kh3",
    "grouped, empty batch": "g2mb0ic4ih5oc2kh3ph1",
}
# Plans for CUDA that need no GPU: of torch's operations, and of kernels that are compiled by their first call.
_BY_TORCH = ("im2col", "fft", "fft-tiled", "winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6")
_BY_TRITON = ("loops",)


def problems() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


def supports(implementation: Implementation, case: Case) -> bool:
    """Whether `why_not` accepts a case. A refusal is a sentence; about an accepted case everything can be asked."""
    reason = implementation.why_not(case)
    if reason is not None:
        assert len(reason) > 10, f"{implementation.name} refuses {case} without words"
        return False
    work, chosen = implementation.work(case), implementation.delegate(case)
    assert all(value is None or value >= 0 for value in (work.plan_bytes, work.workspace_bytes))
    assert work.planning_bytes is None or work.planning_bytes >= (work.plan_bytes or 0)
    assert all(bound_for(name, case).label for name in implementation.bounds_for(case))
    assert implementation.provider_for(case)
    assert all(importlib.util.find_spec(module) for module in implementation.modules_for(case))
    assert chosen is None or impls.get(chosen).why_not(case) is None
    return True


@pytest.mark.parametrize("device", DEVICES)
@problems()
def test_every_case_is_refused_in_words_or_can_be_asked_about(problem: str, device: str) -> None:
    for precision in PRECISIONS:
        for layout in LAYOUTS:
            case = Case(ConvProblem.parse(problem), precision, layout, device)
            for name in impls.names():
                supports(impls.get(name), case)


# In the other tier test_conformance.py does the same for the problems of `convcost validate`.
@pytest.mark.full
@pytest.mark.parametrize("precision", ["fp32", "fp64", "bf16", "fp16"])
@problems()
def test_a_supported_case_is_planned_and_right(problem: str, precision: str) -> None:
    for layout in LAYOUTS:
        case = Case(ConvProblem.parse(problem, bias=True), precision, layout)
        inputs = draw(case, seed=3)
        for name in impls.names("cpu"):
            if supports(impls.get(name), case):
                verdict = gate(impls.get(name), case, inputs, tricks=False).verdict
                assert verdict.ok, f"{name} on {problem} {precision} {layout}: {verdict.reason}"


@pytest.mark.parametrize(
    ("reason", "planned"),
    [
        ("triton is not installed", _BY_TORCH),
        pytest.param(
            None,
            (*_BY_TORCH, *_BY_TRITON),
            marks=[
                pytest.mark.full,
                pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs Triton"),
            ],
        ),
    ],
    ids=["without Triton", "with Triton"],
)
@problems()
def test_a_supported_case_on_cuda_is_planned_without_a_gpu(
    problem: str, reason: str | None, planned: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "why_not", lambda: reason)
    for precision in PRECISIONS:
        inputs = draw(Case(ConvProblem.parse(problem), precision), seed=3)
        for layout in LAYOUTS:
            case = Case(ConvProblem.parse(problem), precision, layout, "cuda")
            for name in impls.names("cuda"):
                if supports(impls.get(name), case) and name in planned and case.problem.outputs:
                    assert isinstance(impls.get(name).plan(case, inputs.weight, None), Plan)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [2, 4, 5, 6])
def test_winograd_refuses_16_bits_in_groups_on_the_cpu(tile: int, layout: str, precision: str) -> None:
    """Asking for its kernels was a KeyError, which ended the worker."""
    reason = impls.get(f"winograd-f{tile}").why_not(Case(ConvProblem.parse(PROBLEMS["grouped"]), precision, layout))
    assert reason == f"on the CPU it computes in fp32, fp64, not in {precision}"
