"""One run by a forged crew: a sweep over the twins in rounds, Timer between them, and what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bench.qualify import twin_runs
from bench.qualify.questions import CONVOLUTIONS, EQUAL, TWINS, Effort
from bench.qualify.shown import true_time
from bench.sweep.config import Config
from bench.worker.protocol import Call, Outcome, Task
from bench.worker.settings import Settings
from tests.bench.qualify.forged_runs import ForgedCrew, ForgedWorker

EFFORT = Effort(1, 1)
ROUNDS = Config("qualify").visits * EFFORT.processes


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> list[ForgedCrew]:
    made: list[ForgedCrew] = []
    monkeypatch.setattr(ForgedCrew, "made", made, raising=False)
    monkeypatch.setattr(twin_runs, "Crew", ForgedCrew)
    return made


def test_a_run_is_a_sweep_over_the_twins_in_rounds(crews: list[ForgedCrew]) -> None:
    found = twin_runs.run(7, "quiet", EFFORT, Settings(1), "cpu", 0.0, 100)
    (crew,) = crews
    # Other inputs in each run.
    assert crew.calls[0].arguments["seed"] == 107
    assert crew.settings.load == (twin_runs.PLUG_IN,)
    assert len(crew.workers) == EFFORT.processes
    # Round by round: all cases by one process, then all by the next.
    assert [t.case.problem.descriptor for t in crew.tasks] == list(CONVOLUTIONS) * ROUNDS
    task = crew.tasks[0]
    assert task.implementations == tuple(TWINS)
    # A candidate has as long as a contender in the built-in sweep `quick`: 5 s for some six of them.
    assert task.max_seconds == pytest.approx(1.0 * len(TWINS) / ROUNDS)
    assert (found.number, found.condition, found.faults) == (7, "quiet", ())
    by_method = {m: [s for s in found.shown if s.method == m] for m in ("convcost", "Timer")}
    assert {len(s) for s in by_method.values()} == {len(CONVOLUTIONS) * len(TWINS)}


def test_timer_measures_one_convolution_after_each_round(
    crews: list[ForgedCrew], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    visit, call = ForgedCrew.visit, ForgedWorker.call

    def visiting(self: ForgedCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        order.append("visit")
        return visit(self, task, number, visited)

    def calling(self: ForgedWorker, asked: Call) -> Any:
        order.append(asked.function.rpartition(":")[2])
        return call(self, asked)

    monkeypatch.setattr(ForgedCrew, "visit", visiting)
    monkeypatch.setattr(ForgedWorker, "call", calling)
    twin_runs.run(0, "quiet", EFFORT, Settings(1), "cpu", 0.0)
    cases, processes = len(CONVOLUTIONS), EFFORT.processes
    one_round = ["visit"] * cases
    assert order == [*([*one_round, "ratios"] * cases), *one_round * (ROUNDS - cases), *["overshoots"] * processes]
    asked = [c for c in crews[0].calls if c.function.endswith(":ratios")]
    assert [c.arguments["descriptor"] for c in asked] == list(CONVOLUTIONS)
    # The same time for each twin.
    assert {c.arguments["seconds"] for c in asked} == {EFFORT.candidate_s}


def test_with_one_process_timer_measures_all_convolutions_at_the_end(crews: list[ForgedCrew]) -> None:
    found = twin_runs.run(0, "quiet", replace(EFFORT, processes=1), Settings(1), "cpu", 0.0)
    assert {s.descriptor for s in found.shown if s.method == "Timer"} == set(CONVOLUTIONS)


def test_known_slowdowns_are_found_by_the_public_rule(crews: list[ForgedCrew]) -> None:
    found = twin_runs.run(0, "quiet", EFFORT, Settings(1), "cpu", 0.0)
    own = [s for s in found.shown if s.method == "convcost"]
    for s in own:
        # Within a thousandth of noise, the truth is shown.
        assert s.is_reference or (s.error is not None and s.error < 1e-3)
        assert s.called_slower == (s.implementation not in EQUAL)
    assert sum(s.is_reference for s in own) == len(CONVOLUTIONS)
    assert {s.implementation for s in own if s.is_reference} <= set(EQUAL)


def test_a_busy_run_keeps_a_core_busy(crews: list[ForgedCrew], monkeypatch: pytest.MonkeyPatch) -> None:
    busy: list[int] = []

    @contextmanager
    def core(seed: int) -> Iterator[None]:
        busy.append(seed)
        yield

    monkeypatch.setattr(twin_runs, "one_busy_core", core)
    twin_runs.run(3, "quiet", EFFORT, Settings(1), "cpu", 0.0)
    assert busy == []
    twin_runs.run(4, "busy", EFFORT, Settings(1), "cpu", 0.0)
    assert busy == [4]


def test_a_twin_that_crashes_is_a_fault_and_the_others_are_shown(
    crews: list[ForgedCrew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ForgedCrew, "fails", "slower-2")
    found = twin_runs.run(0, "quiet", EFFORT, Settings(1), "cpu", 0.0)
    assert found.faults[0] == f"slower-2 on {CONVOLUTIONS[0]}: crashed, exit code 9"
    assert "slower-2" not in {s.implementation for s in found.shown if s.method == "convcost"}


def test_the_true_time_includes_the_overshoot() -> None:
    assert true_time("d", "twin-b", {}) == 1
    assert true_time("d", "slower-3", {("d", "slower-3"): 2e-4}) == pytest.approx(1.0302, rel=1e-12)
