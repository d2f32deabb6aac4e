"""The child's work on one case, in this process."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.machine import memory
from bench.store.status import Status
from bench.timing.shares import BRIEF_BLOCKS
from bench.worker.beacon import Beacon
from bench.worker.protocol import Outcome, Task
from bench.worker.proving import prove_and_time
from impls import Case, ConvProblem, Implementation, Plan, Work, register, registry

GIB = 2**30
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
alive: weakref.WeakSet[Any] = weakref.WeakSet()
most_alive: dict[str, int] = {}


class Run:
    """A convolution; plans that live at once are counted."""

    def __init__(self, weight: torch.Tensor) -> None:
        self.weight = weight
        alive.add(self)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.conv2d(x, self.weight, None, 1, 1)


class Light(Implementation):
    name = "light"
    plan_bytes = 0

    def work(self, case: Case) -> Work:
        return Work(plan_bytes=self.plan_bytes, planning_bytes=self.plan_bytes)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        gc.collect()
        run = Run(weight)
        most_alive[self.name] = len(alive)
        return Plan(run)


class Lighter(Light):
    name = "lighter"


class Heavy(Light):
    name = "heavy"
    plan_bytes = 3 * GIB


class Medium(Light):
    name = "medium"
    plan_bytes = GIB


class Heavier(Light):
    name = "heavier"
    plan_bytes = 4 * GIB


class Fails(Heavy):
    name = "fails"

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        raise RuntimeError("no plan")


class Unready(Light):
    name = "unready"

    def why_not(self, case: Case) -> str | None:
        return "not today"

    def provider_for(self, case: Case) -> str:
        raise KeyError(case.numbers.dtype)


class Misled(Unready):
    name = "misled"

    def why_not(self, case: Case) -> str | None:
        return None


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "usable_bytes", lambda: 100 * GIB)
    most_alive.clear()
    before = dict(registry._registered)
    for kind in (Light, Lighter, Medium, Heavy, Heavier, Fails, Unready, Misled):
        register(kind)
    yield
    registry._registered.clear()
    registry._registered.update(before)


def outcomes(
    tmp_path: Path,
    *names: str,
    max_seconds: float | None,
    tricks: bool = False,
    losers: Mapping[str, float] | None = None,
) -> dict[str, Outcome]:
    found: list[Outcome] = []
    task = Task(CASE, names, 0, max_seconds, 0.5, min_blocks=2, tricks=tricks, losers=losers or {})
    prove_and_time(task, found.append, Beacon.create(tmp_path))
    assert sorted(outcome.implementation for outcome in found) == sorted(names)
    return {outcome.implementation: outcome for outcome in found}


def places(outcome: Outcome) -> set[tuple[int, int]]:
    return {(sample.draw, sample.block) for sample in outcome.samples}


def test_a_refused_case_is_asked_for_its_reason_only(tmp_path: Path) -> None:
    """Winograd's provider of 16 bits in groups was a KeyError, and ended the worker."""
    found = outcomes(tmp_path, "unready", "light", max_seconds=None)["unready"]
    assert (found.status, found.reason, found.provider) == (Status.UNSUPPORTED, "not today", "plug-in")


def test_any_method_that_raises_is_a_failure_of_its_implementation(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "misled", "light", max_seconds=None)
    assert found["misled"].status is Status.FAILED
    assert (found["misled"].reason or "").startswith("KeyError: 'float32'")
    assert found["light"].status is Status.OK


def test_a_plan_that_is_only_proven_is_freed_before_the_next(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "light", "heavy", "lighter", max_seconds=None)
    assert {outcome.status for outcome in found.values()} == {Status.OK}
    assert most_alive == {"light": 1, "heavy": 1, "lighter": 1}


@pytest.mark.parametrize("tricks", [pytest.param(False, marks=pytest.mark.full), True])
def test_large_plans_are_timed_one_by_one_beside_the_fastest(tmp_path: Path, tricks: bool) -> None:
    names = ("heavy", "light", "fails", "heavier", "lighter")
    found = outcomes(tmp_path, *names, max_seconds=0.05, tricks=tricks)
    assert found["fails"].status is Status.FAILED
    assert (found["fails"].reason or "").startswith("RuntimeError: no plan")
    assert all(found[name].status is Status.OK for name in names if name != "fails")
    # Both small plans live together; beside a large one only the fastest of them does.
    assert most_alive == {"light": 1, "lighter": 2, "heavy": 2, "heavier": 2}
    fastest, other = sorted(("light", "lighter"), key=lambda name: -len(found[name].samples))
    assert {draw for draw, _ in places(found[other])} == {0}
    for number, name in ((1, "heavy"), (3, "heavier")):
        assert {draw for draw, _ in places(found[name])} == {number}
        assert places(found[name]) & places(found[fastest])
    assert places(found[other]) & places(found[fastest])


def test_a_plan_without_room_beside_the_fastest_is_timed_last_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of the fastest was still held while the large one was made: 4 GiB where 3.5 were usable."""
    monkeypatch.setattr(memory, "usable_bytes", lambda: 7 * GIB // 2)
    monkeypatch.setattr(Lighter, "plan_bytes", 9 * GIB // 5)
    found = outcomes(tmp_path, "heavy", "medium", "lighter", max_seconds=0.05)
    assert {outcome.status for outcome in found.values()} == {Status.OK}
    assert most_alive == {"medium": 1, "lighter": 2, "heavy": 1}
    # The one with room beside the fastest is still paired with it.
    assert {draw for draw, _ in places(found["lighter"])} == {1}
    assert places(found["lighter"]) & places(found["medium"])
    assert {draw for draw, _ in places(found["heavy"])} == {2}
    assert {draw for draw, _ in places(found["medium"])} == {0, 1}


def test_candidates_that_fit_share_their_blocks(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "light", "lighter", max_seconds=0.05)
    assert places(found["light"]) & places(found["lighter"])
    assert all(outcome.samples for outcome in found.values())


def test_a_clear_loser_is_timed_in_few_blocks_and_paired_with_the_fastest(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "light", "lighter", "heavy", max_seconds=0.3, losers={"lighter": 1e-3, "heavy": 1e-3})
    assert {name: outcome.reason for name, outcome in found.items() if outcome.status is not Status.OK} == {}
    # Of its own group: the faster of the two light ones, by chance, is timed again beside the large plan.
    own = {name: [s for s in found[name].samples if s.draw == draw] for name, draw in (("lighter", 0), ("heavy", 1))}
    assert all(len(samples) >= BRIEF_BLOCKS for samples in own.values())
    assert found["lighter"].stopped_by == "lost"
    assert {place for place in places(found["lighter"]) if place[0] == 0} <= places(found["light"])
    # Beside the large plan, the fastest is timed as briefly.
    fastest = "light" if places(found["light"]) & places(found["heavy"]) else "lighter"
    assert {place for place in places(found[fastest]) if place[0] == 1} & places(found["heavy"])
