"""Deliberately broken implementations are detected, by the gate alone and through the worker, and never timed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw, redraw
from bench.gate.judge import judge
from bench.rows.row import make_row
from bench.sweep.cases import PlannedCase
from bench.sweep.identity import origin
from bench.worker.client import Worker
from bench.worker.protocol import Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem, registry

BROKEN = Path(__file__).with_name("broken.py")
CASE = Case(ConvProblem.parse("mb1ic8ih12oc8kh3ph1"))

# Faults that the first call shows, and faults that show only later.
AT_ONCE = {
    "one-element-off": "is off by",
    "off-by-one": "is off by",
    "tf32-inside": "a lower precision inside?",
    "nan": "NaN or infinite",
    "writes-input": "the input was written to",
    "wrong-shape": "the output has shape",
    "wrong-type": "the output is torch.float64",
    "wrong-layout": "is not stored in nchw",
    "lazy-subclass": "_LazyTensor, a subclass of torch.Tensor",
    "returns-nothing": "returned NoneType, not a tensor",
    "same-buffer": "handed out the same memory twice",
    "ring-of-buffers": "handed out the same memory twice",
}
LATER = {
    "memoising": "the last timed output",
    "memoising-by-version": "the last timed output",
    "memoising-by-checksum": "the last timed output",
    "spoils-its-weight": "the last timed output",
    "writes-input-later": "written to while it was timed",
    "lazy-later": "the last timed output",
}


@pytest.fixture
def _broken() -> Iterator[None]:
    before = dict(registry._registered)
    impls.load_file(BROKEN)
    yield
    registry._registered.clear()
    registry._registered.update(before)


@pytest.mark.usefixtures("_broken")
@pytest.mark.parametrize(("name", "words"), AT_ONCE.items())
def test_the_gate_detects_a_fault_at_the_first_call(name: str, words: str) -> None:
    inputs = draw(CASE, 1)
    before = inputs.x.clone()
    verdict = gate(impls.get(name), CASE, inputs).verdict
    assert not verdict.ok
    assert words in (verdict.reason or "")
    # The next candidate meets the inputs as they were drawn.
    assert torch.equal(inputs.x, before)


@pytest.mark.usefixtures("_broken")
def test_a_right_implementation_passes() -> None:
    assert gate(impls.get("good"), CASE, draw(CASE, 1)).verdict.ok


@pytest.mark.slow
def test_no_broken_implementation_is_timed() -> None:
    # Those that change inputs come first: the others must not suffer.
    names = ("spoils-then-raises", "spoils-its-weight", "good", *AT_ONCE, *LATER, "direct")
    names = tuple(dict.fromkeys(names))
    with Worker(Settings(1, (BROKEN,))) as worker:
        outcomes = {o.implementation: o for o in worker.run(Task(CASE, names, 1, 0.5, 0.01))}
    for name, words in {**AT_ONCE, **LATER}.items():
        outcome = outcomes[name]
        assert outcome.status == "wrong", f"{name}: {outcome.status} {outcome.reason}"
        assert words in (outcome.reason or ""), name
        assert outcome.samples == ()
        row = make_row(origin(PlannedCase(CASE), outcome.implementation, Settings(1), 1), outcome)
        assert (row.time_s, row.time_low_s, row.plan_s, row.first_call_s) == (None,) * 4
    assert outcomes["spoils-then-raises"].status == "failed"
    for name in ("good", "direct"):
        assert outcomes[name].status == "ok"
        assert len(outcomes[name].samples) >= 1


def test_inputs_depend_on_the_seed_alone() -> None:
    assert torch.equal(draw(CASE, 4).x, draw(CASE, 4).x)
    assert not torch.equal(draw(CASE, 4).x, draw(CASE, 5).x)


def test_inputs_are_normal() -> None:
    x = draw(Case(ConvProblem.parse("mb1ic64ih56oc1kh1")), 1).x
    assert abs(float(x.mean())) < 0.01
    assert abs(float(x.std()) - 1) < 0.01


def test_redraw_changes_the_input_in_place_and_knows_the_new_truth() -> None:
    inputs = draw(CASE, 1)
    address = inputs.x.data_ptr()
    changed = redraw(CASE, inputs, 2).get()
    assert inputs.x.data_ptr() == address
    y = impls.conv2d(inputs.x, inputs.weight, padding=1)
    assert judge(y, changed, impls.get("direct"), CASE).ok
    assert not judge(y, inputs.truth, impls.get("direct"), CASE).ok


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_single_bad_element_is_counted(value: float) -> None:
    inputs = draw(CASE, 1)
    y = inputs.truth.y.float()
    y[0, 3, 2, 1] = value
    verdict = judge(y, inputs.truth, impls.get("direct"), CASE)
    assert verdict.reason == "1 of 1,152 elements is NaN or infinite"


def test_an_element_that_sees_no_input_must_be_exactly_zero() -> None:
    case = Case(ConvProblem.parse("mb1ic1ih1oc1kh1ph1"))
    inputs = draw(case, 1)
    y = inputs.truth.y.float()
    assert judge(y, inputs.truth, impls.get("direct"), case).ok
    y[0, 0, 0, 0] = 1e-12
    assert not judge(y, inputs.truth, impls.get("direct"), case).ok
