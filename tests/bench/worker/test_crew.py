"""Several processes behind one number: budgets are shared, failures end it, samples keep their process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

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

    def __init__(self, settings: Settings) -> None:
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

    def start(self) -> dict[str, Any]:
        return {"threads": self.settings.threads}

    def run(self, task: Task) -> list[Outcome]:
        self.tasks.append(task)
        return [type(self).answer(self.serial, name) for name in task.implementations]


def _ok(serial: int, name: str) -> Outcome:
    sample = {"block": 0, "time_s": float(serial + 1)}
    return Outcome(name, "ok", plan_s=3.0 - serial, first_call_s=1.0 + serial, samples=(sample,))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    class Fresh(FakeWorker):
        made: list[FakeWorker] = []  # noqa: RUF012
        answer = staticmethod(_ok)

    monkeypatch.setattr(crew_module, "Worker", Fresh)
    return Fresh


def test_samples_of_all_processes_are_kept_with_their_process(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        merged = crew.run(TASK)
    assert [m.outcome.implementation for m in merged] == ["a", "b"]
    assert [(s["process"], s["time_s"]) for s in merged[0].samples] == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_what_is_paid_once_is_the_least_of_all_processes(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        outcome = crew.run(TASK)[0].outcome
    assert (outcome.plan_s, outcome.first_call_s) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("found", "kept"), [((0.9, None, None), 0.9), ((0.0, 2.5, 0.0), 2.5), ((None, None, None), None)]
)
@pytest.mark.parametrize("column", ["import_s", "jit_s", "peak_bytes"])
def test_what_one_process_pays_is_the_most_of_all(
    workers: type[FakeWorker], column: str, found: tuple[float | None, ...], kept: float | None
) -> None:
    workers.answer = staticmethod(lambda serial, name: replace(_ok(serial, name), **{column: found[serial]}))
    with Crew(Settings(1), 3) as crew:
        assert getattr(crew.run(TASK)[0].outcome, column) == kept


def test_the_budget_is_shared_and_the_target_widened(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 4) as crew:
        crew.run(TASK)
    (task,) = workers.made[2].tasks
    assert (task.max_seconds, task.target_rel_ci, task.min_blocks) == (1.5, pytest.approx(0.02), 2)


def test_one_process_has_the_whole_budget(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 1) as crew:
        crew.run(TASK)
    assert workers.made[0].tasks == [TASK]


def test_proving_needs_one_process(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        crew.run(replace(TASK, max_seconds=None))
    assert [len(w.tasks) for w in workers.made] == [1, 0, 0]


@pytest.mark.parametrize("status", ["wrong", "failed", "crashed", "timeout", "unsupported"])
def test_what_fails_in_one_process_is_not_tried_in_the_next_and_has_no_samples(
    workers: type[FakeWorker], status: str
) -> None:
    def answer(serial: int, name: str) -> Outcome:
        return Outcome(name, status, "why") if (serial, name) == (1, "a") else _ok(serial, name)

    workers.answer = staticmethod(answer)
    with Crew(Settings(1), 3) as crew:
        bad, good = crew.run(TASK)
    assert (bad.outcome.status, bad.outcome.reason, bad.samples) == (status, "why", ())
    assert (good.outcome.status, len(good.samples)) == ("ok", 3)
    assert [w.tasks[0].implementations for w in workers.made] == [("a", "b"), ("a", "b"), ("b",)]


def test_a_worker_that_was_replaced_is_another_process(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 2) as crew:
        workers.made[1].processes_started = 2
        merged = crew.run(TASK)
    assert [s["process"] for s in merged[0].samples] == [0, 3]


def test_all_workers_are_started_before_one_is_waited_for(
    workers: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(workers, "launch", lambda self: order.append("launch"))
    monkeypatch.setattr(workers, "start", lambda self: order.append("start") or {"serial": self.serial})
    with Crew(Settings(1), 2) as crew:
        assert crew.start() == {"serial": 0}
    assert order == ["launch", "launch", "start", "start"]


def test_the_first_process_looks_for_tricks(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        crew.run(TASK)
    assert [worker.tasks[0].tricks for worker in workers.made] == [True, False, False]


def test_time_in_samples_is_that_of_all_workers(workers: type[FakeWorker]) -> None:
    with Crew(Settings(1), 3) as crew:
        assert crew.sampling_s == 4.5


def test_samples_have_a_draw_and_keep_their_own(workers: type[FakeWorker]) -> None:
    def answer(serial: int, name: str) -> Outcome:
        own = {"draw": 2} if name == "b" else {}
        return Outcome(name, "ok", samples=({"block": 0, "time_s": 1.0, **own},))

    workers.answer = staticmethod(answer)
    with Crew(Settings(1), 2) as crew:
        merged = crew.run(TASK)
    assert [[s["draw"] for s in m.samples] for m in merged] == [[0, 0], [2, 2]]
