"""The rounds of a crew: the order of its visits, a budget, and candidates that fail."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.run.sweep import sweep
from bench.store import runs
from bench.store.status import Status
from bench.worker.protocol import Outcome, Task
from tests.bench.run.fake_crew import NAMES, SMALL, FakeCrew, channels, ignore, job_of, table


def test_one_process_visits_all_cases_before_the_next_process_does(crews: type[FakeCrew], tmp_path: Path) -> None:
    seen: list[Any] = []
    folder = sweep(job_of(max_seconds=3.0), tmp_path, seen.append).folder
    (crew,) = crews.made
    assert (channels(crew), crew.numbers) == ([1, 2, 3] * 3, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert {task.max_seconds for task in crew.tasks} == {1.0}
    assert [step.round for step in seen[1:]] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [(row["blocks"], row["processes"]) for row in table(folder)] == [(12, 3)] * 6


def test_without_a_budget_unsure_cases_are_not_visited_again(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({1: 1.0, 2: 1.0})
    sweep(job_of(max_seconds=3.0), tmp_path, ignore)
    assert len(crews.made[0].tasks) == 9


def test_a_budget_is_spent_where_intervals_are_widest(crews: type[FakeCrew], tmp_path: Path) -> None:
    crews.spread.update({2: 0.9})
    seen: list[Any] = []
    folder = sweep(job_of(budget_s=12.0, max_seconds=6.0), tmp_path, seen.append).folder
    (crew,) = crews.made
    # Half the budget over three cases and three rounds; then the rest of it, at most one process's share a visit.
    after = [1.0 * (2 / 3)] * 9 + [2.0, 2.0, 1.0]
    assert (channels(crew), [t.max_seconds for t in crew.tasks]) == ([1, 2, 3] * 3 + [2] * 3, pytest.approx(after))
    assert [step.planned.case.problem.in_channels for step in seen[1:]] == channels(crew)
    assert [step.round for step in seen[10:]] == [None] * 3
    (row, _) = (r for r in table(folder) if "ic2" in r["descriptor"])
    samples = runs.load(folder).samples
    assert (row["blocks"], row["processes"]) == (24, 3)
    # After the rounds a case needs processes that have not visited it.
    assert crew.visited == [frozenset()] * 9 + [frozenset({0, 1, 2})] * 3
    assert sorted(set(samples[samples.case_key == row["case_key"]].draw)) == [0, 1]


def test_a_budget_is_not_spent_when_every_interval_is_narrow(crews: type[FakeCrew], tmp_path: Path) -> None:
    sweep(job_of(budget_s=1000.0), tmp_path, ignore)
    assert channels(crews.made[0]) == [1, 2, 3] * 3


@pytest.mark.parametrize("fails_at", [2, 5])
def test_a_visit_that_fails_makes_the_row_fail_and_is_the_last(
    crews: type[FakeCrew], tmp_path: Path, fails_at: int
) -> None:
    crews.fails_at = fails_at
    seen: list[Any] = []
    folder = sweep(job_of(), tmp_path, seen.append).folder
    failed = [row for row in table(folder) if "ic2" in row["descriptor"]]
    assert [(row["status"], row["reason"]) for row in failed] == [("crashed", "why")] * 2
    assert all(row["time_s"] != row["time_s"] for row in failed)
    assert not set(runs.load(folder).samples.case_key) & {row["case_key"] for row in failed}
    visits = channels(crews.made[0]).count(2)
    assert visits == (fails_at + 1) // 3
    assert [step.added is None for step in seen[1:] if "ic2" in step.rows[0].descriptor] == [
        i >= visits for i in range(3)
    ]


def test_a_candidate_that_fails_in_one_process_is_not_tried_in_the_next(crews: type[FakeCrew], tmp_path: Path) -> None:
    def visit(self: FakeCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        outcomes = FakeCrew.visit(self, task, number, visited)
        return [
            Outcome(o.implementation, Status.FAILED, "why") if o.implementation == "direct" else o for o in outcomes
        ]

    crews.visit = visit
    folder = sweep(job_of(SMALL[0]), tmp_path, ignore).folder
    assert [task.implementations for task in crews.made[0].tasks] == [NAMES, ("torch",), ("torch",)]
    assert [(row["implementation"], row["status"]) for row in table(folder)] == [("direct", "failed"), ("torch", "ok")]


def test_clear_losers_get_few_blocks_from_the_second_round_on(crews: type[FakeCrew], tmp_path: Path) -> None:
    def visit(self: FakeCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        first, second = FakeCrew.visit(self, task, number, visited)
        slow = tuple(replace(sample, time_s=3 * sample.time_s) for sample in second.samples)
        return [first, replace(second, samples=slow)]

    crews.visit = visit
    sweep(job_of(SMALL[0]), tmp_path, ignore)
    assert [task.losers for task in crews.made[0].tasks] == [{}, {"torch": 3.0}, {"torch": 3.0}]


def test_later_visits_of_a_process_are_for_those_that_may_be_fastest(crews: type[FakeCrew], tmp_path: Path) -> None:
    def visit(self: FakeCrew, task: Task, number: int, visited: Set[int]) -> list[Outcome]:
        return [
            replace(o, samples=tuple(replace(s, time_s=3 * s.time_s) for s in o.samples))
            if o.implementation == "torch"
            else o
            for o in FakeCrew.visit(self, task, number, visited)
        ]

    crews.visit = visit
    seen: list[Any] = []
    sweep(job_of(SMALL[0], max_seconds=6.0, processes=3, visits=2), tmp_path, seen.append)
    (crew,) = crews.made
    assert [task.implementations for task in crew.tasks] == [NAMES] * 3 + [("direct",)] * 3
    # One that is left alone needs less than the time of a visit.
    assert [task.max_seconds for task in crew.tasks] == pytest.approx([1.0] * 3 + [1 / 3] * 3)
    assert [step.round for step in seen[1:]] == [1, 2, 3, 4, 5, 6]
    # In the rounds processes come again.
    assert set(crew.visited) == {frozenset()}
