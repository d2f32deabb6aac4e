"""A crew shares budgets and targets among its processes; samples keep their process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.store.schema import Sample
from bench.store.status import Status
from bench.worker import crew as crew_module
from bench.worker.crew import Crew
from bench.worker.protocol import Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem

TASK = Task(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")), ("a", "b"), 1, 6.0, 0.01)


class FakeWorker:
    """Answers each task by a function of its serial number and the name."""

    answer: Callable[[int, str], Outcome]
    made: list[FakeWorker]

    def __init__(self, settings: Settings, ends_at: float) -> None:
        self.ends_at = ends_at
        self.serial = len(self.made)
        self.made.append(self)
        self.settings = settings
        self.processes_started = 1
        self.sampling_s = 1.5
        self.tasks: list[Task] = []

    def __enter__(self) -> FakeWorker:
        return self

    def __exit__(self, *given: Any) -> None:
        pass

    def launch(self) -> None:
        pass

    def renew(self) -> None:
        self.processes_started += 1

    def start(self) -> dict[str, Any]:
        return {"threads": self.settings.threads}

    def run(self, task: Task) -> list[Outcome]:
        self.tasks.append(task)
        return [type(self).answer(self.serial, name) for name in task.implementations]


def _ok(serial: int, name: str) -> Outcome:
    sample = Sample(block=0, time_s=float(serial + 1))
    return Outcome(name, Status.OK, plan_s=3.0 - serial, first_call_s=1.0 + serial, samples=(sample,))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    class Fresh(FakeWorker):
        made: list[FakeWorker] = []  # noqa: RUF012
        answer = staticmethod(_ok)

    monkeypatch.setattr(crew_module, "Worker", Fresh)
    return Fresh


def _visits(crew: Crew, task: Task, count: int) -> list[list[Outcome]]:
    return [crew.visit(task, number) for number in range(count)]


def test_workers_take_turns_and_samples_have_their_process(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        found = _visits(crew, TASK, 3)
    assert [o.implementation for o in found[0]] == ["a", "b"]
    samples = [s for outcomes in found for s in outcomes[0].samples]
    assert [(s.process, s.time_s) for s in samples] == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_a_further_visit_to_a_case_is_by_a_process_that_is_new_to_it(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 2) as crew:
        visited: set[int] = set()
        taken = []
        for number in range(5):
            (process,) = {o.samples[0].process for o in crew.visit(TASK, number, frozenset(visited))}
            visited.add(process)
            taken.append(process)
    assert taken == [0, 1, 2, 3, 4]
    assert [worker.processes_started for worker in workers.made] == [3, 2]


def test_a_new_process_is_not_replaced_for_a_case_that_it_has_not_visited(workers: type[FakeWorker]) -> None:
    """By the number of visits alone, one case's further visit met a process that another case's had begun."""
    with Crew(Settings(1), 1) as crew:
        of_one = [crew.visit(TASK, number, frozenset(range(number)))[0].samples[0].process for number in range(3)]
        other = crew.visit(TASK, 1, frozenset({0}))[0].samples[0].process
    assert (of_one, other) == ([0, 1, 2], 2)
    assert workers.made[0].processes_started == 3


def test_processes_of_a_resumed_run_have_numbers_of_their_own(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 2, first=7) as crew:
        assert [found[0].samples[0].process for found in _visits(crew, TASK, 4)] == [7, 8, 7, 8]


def test_each_process_has_the_whole_target_and_its_share_of_the_least_blocks(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 4) as crew:
        _visits(crew, TASK, 3)
    (task,) = workers.made[2].tasks
    assert (task.max_seconds, task.target_rel_ci, task.min_blocks) == (6.0, 0.01, 2)


def test_all_workers_have_the_same_end(workers: type[FakeWorker]) -> None:
    Crew(Settings(1), 2, ends_at=12.5)
    assert [worker.ends_at for worker in workers.made] == [12.5, 12.5]


def test_a_crew_of_one_runs_the_task_unchanged(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 1) as crew:
        crew.visit(TASK, 0)
    assert workers.made[0].tasks == [TASK]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_an_outcome_that_is_not_ok_has_a_reason(workers: type[FakeWorker], status: Status) -> None:
    workers.answer = staticmethod(
        lambda serial, name: Outcome(name, status, "why") if name == "a" else _ok(serial, name)
    )
    with Crew(Settings(1), 2) as crew:
        bad, good = crew.visit(TASK, 1)
    assert (bad.status, bad.reason, bad.samples) == (status, "why", ())
    assert (good.status, len(good.samples)) == ("ok", 1)


def test_a_replaced_worker_is_another_process(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 2) as crew:
        workers.made[1].processes_started = 2
        found = _visits(crew, TASK, 2)
    assert [outcomes[0].samples[0].process for outcomes in found] == [0, 3]


def test_all_workers_are_launched_before_any_is_awaited(
    workers: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(workers, "launch", lambda self: order.append("launch"))
    monkeypatch.setattr(workers, "start", lambda self: order.append("start") or {"serial": self.serial})
    with Crew(Settings(1), 2) as crew:
        assert crew.start() == {"serial": 0}
    assert order == ["launch", "launch", "start", "start"]


def test_the_first_visit_looks_for_tricks(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 2) as crew:
        _visits(crew, TASK, 3)
    assert [[task.tricks for task in worker.tasks] for worker in workers.made] == [[True, False], [False]]


def test_sampling_time_is_summed_over_workers(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        assert crew.sampling_s == 4.5


def test_samples_keep_their_draw(workers: type[FakeWorker]) -> None:
    def answer(serial: int, name: str) -> Outcome:
        return Outcome(name, Status.OK, samples=(Sample(time_s=1.0, draw=2 if name == "b" else 0),))

    workers.answer = staticmethod(answer)
    with Crew(Settings(1), 1) as crew:
        outcomes = crew.visit(TASK, 0)
    assert [[s.draw for s in o.samples] for o in outcomes] == [[0], [2]]
