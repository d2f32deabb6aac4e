"""Cases that do not fit in memory are refused with the bytes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import format
from bench.errors import UsageError
from bench.machine import memory
from impls import Case, ConvProblem, Work

GIB = 2**30


def _case(descriptor: str, precision: str = "fp32") -> Case:
    return Case(ConvProblem.parse(descriptor), precision)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (_case("mb1ic4ih8oc4kh3ph1"), _case("mb2ic4ih8oc4kh3ph1")),
        (_case("mb1ic4ih8oc4kh3ph1"), _case("mb1ic4ih9oc4kh3ph1")),
        (_case("mb1ic4ih8oc4kh3ph1"), _case("mb1ic5ih8oc4kh3ph1")),
        (_case("mb1ic4ih8oc4kh3ph1"), _case("mb1ic4ih8oc5kh3ph1")),
        (_case("mb1ic4ih8oc4kh3ph1", "bf16"), _case("mb1ic4ih8oc4kh3ph1", "fp64")),
        (_case("mb1ic4ih8oc4kh3ph1"), _case("mb1ic4ih8oc4kh3ph100")),
    ],
)
def test_larger_cases_need_more(smaller: Case, larger: Case) -> None:
    assert 0 < memory.needed_bytes(smaller) < memory.needed_bytes(larger)


def test_a_case_needs_more_than_its_tensors_in_both_types() -> None:
    case = _case("mb1ic64ih56oc64kh3ph1")
    assert memory.needed_bytes(case) > case.compulsory_bytes + case.problem.compulsory_bytes(8)


def test_small_cases_fit() -> None:
    case = _case("mb1ic64ih56oc64kh3ph1")
    memory.require_fit([case])
    assert memory.needed_bytes(case) < memory.usable_bytes()


@pytest.mark.parametrize(
    "descriptor",
    [
        "mb1000000ic1000ih1000oc1000kh3ph1",
        "mb1ic1ih10000000oc1kh1",
        "mb1ic10000000ih1oc10000000kh1",
        "mb1ic1ih1oc1kh1ph10000000",
        "mb999999999999ic999999999999ih999999999999oc999999999999kh1",
    ],
)
@pytest.mark.parametrize("precision", ["bf16", "fp64"])
def test_absurd_sizes_are_refused_with_the_bytes(descriptor: str, precision: str) -> None:
    case = _case(descriptor, precision)
    with pytest.raises(UsageError) as caught:
        memory.require_fit([case])
    message = str(caught.value)
    assert f"{case.problem.descriptor} in {precision}" in message
    assert f"would need {format.byte_count(memory.needed_bytes(case))}" in message
    assert f"allowed: {format.byte_count(memory.usable_bytes())}" in message


def test_the_usable_bytes_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    case = _case("mb1ic4ih8oc4kh3ph1")
    monkeypatch.setattr(memory, "usable_bytes", lambda: memory.needed_bytes(case))
    memory.require_fit([case])
    monkeypatch.setattr(memory, "usable_bytes", lambda: memory.needed_bytes(case) - 1)
    with pytest.raises(UsageError, match="allowed: "):
        memory.require_fit([case])


@pytest.mark.parametrize(
    ("limit", "usable"), [(None, 80), ("max\n", 80), (f"{10 * GIB}\n", 8), (f"{10**6 * GIB}", 80), ("", 80)]
)
def test_usable_is_four_fifths_of_machine_or_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str | None, usable: int
) -> None:
    file = tmp_path / "memory.max"
    if limit is not None:
        file.write_text(limit)
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (str(file),))
    monkeypatch.setattr(memory, "psutil", SimpleNamespace(virtual_memory=lambda: SimpleNamespace(total=100 * GIB)))
    assert memory.usable_bytes() == usable * GIB


CASE = _case("mb1ic4ih8oc4kh3ph1")
OUTPUT = 4 * CASE.problem.outputs
WEIGHTS = 4 * CASE.problem.parameters


@pytest.mark.parametrize(
    ("work", "plan", "passing"),
    [
        # A call also makes an output; unknown plans keep the weights, and planning needs them three times.
        (Work(), WEIGHTS, max(2 * WEIGHTS, OUTPUT)),
        (Work(plan_bytes=0, workspace_bytes=1000), 0, 1000 + OUTPUT),
        (Work(plan_bytes=10**6), 10**6, 2 * 10**6),
        (Work(plan_bytes=10**6, planning_bytes=10**6 + 5000), 10**6, 5000),
        (Work(plan_bytes=10**6, planning_bytes=10**6, workspace_bytes=7), 10**6, 7 + OUTPUT),
    ],
)
def test_a_candidate_needs_its_plan_and_more_while_it_is_planned_or_called(work: Work, plan: int, passing: int) -> None:
    demand = memory.demand_of(work, CASE)
    assert (demand.plan, demand.kept, demand.passing) == (plan, plan + WEIGHTS + OUTPUT, passing)


@pytest.mark.parametrize("work", [Work(), Work(workspace_bytes=10**6), Work(plan_bytes=10**6)])
def test_plans_that_do_not_fit_beside_tensors_and_proof_are_refused_with_the_bytes(work: Work) -> None:
    demand = memory.demand_of(work, CASE)
    enough = memory.needed_bytes(CASE) + demand.kept + demand.passing
    assert memory.why_not_memory(work, CASE, enough) is None
    reason = memory.why_not_memory(work, CASE, enough - 1)
    plan, workspace = (format.byte_count(n or 0) for n in (work.plan_bytes, work.workspace_bytes))
    assert reason == (
        f"it would need {format.byte_count(enough)} of memory (its plan {plan}, its workspace {workspace}); "
        f"{format.byte_count(enough - 1)} are usable"
    )


def test_a_gpu_holds_the_tensors_and_not_their_proof() -> None:
    on_gpu = Case(CASE.problem, device="cuda")
    assert memory.shared_bytes(CASE) == memory.needed_bytes(CASE)
    assert memory.shared_bytes(on_gpu) == CASE.compulsory_bytes


@pytest.mark.parametrize(("usable", "plans"), [(100 * GIB, 2 * GIB), (3 * GIB, 3 * GIB // 2)])
def test_plans_may_take_two_gibibytes_or_half_of_a_small_machine(
    monkeypatch: pytest.MonkeyPatch, usable: int, plans: int
) -> None:
    monkeypatch.setattr(memory, "usable_bytes", lambda: usable)
    assert memory.plans_bytes("cpu") == plans
