"""The energy of a case from all processes of a crew: shares, failures, and what is left when a process is lost."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.energy.plan import Windows
from bench.energy.protocol import measure
from bench.machine import load
from bench.worker import crew as crew_module
from bench.worker.crew import Crew
from bench.worker.protocol import MeasureEnergy, no_joules
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.energy.energy_world import FakeMeter, FakeWork, World


@pytest.fixture(autouse=True)
def _no_neighbours_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated windows last no real time, in which other programs of this machine could be at work."""
    monkeypatch.setattr(load, "_STAT_FILE", Path("/nonexistent/stat"))


PLAN = Windows("test", 0.2, 20, 3, 0.5, 0.5, 30.0)
TASK = MeasureEnergy(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")), ("a", "b"), 3, PLAN)
# Watts of a call in each process.
LEVELS_W = (98.0, 100.0, 102.0)


def _record(task: MeasureEnergy, serial: int) -> dict[str, Any]:
    """A record of a worker, after a way through JSON."""
    world = World(serial)
    works = {name: lambda: FakeWork(world, 1e-4, LEVELS_W[serial]) for name in task.implementations}
    found = measure(FakeMeter(world, 0.01), works, task.plan, world.clock, world.sleep, random.Random(serial))
    record = {
        "energy": {name: [asdict(f) for f in by_scope.values()] for name, by_scope in found.figures.items()},
        "windows": {name: [asdict(w) for w in taken] for name, taken in found.windows.items()},
        "idle": [[asdict(w) for w in side] for side in found.idle],
        "rounds": found.rounds,
    }
    plain: dict[str, Any] = json.loads(json.dumps(record))
    return plain


Answer = Callable[[MeasureEnergy, int], dict[str, Any]]


class FakeWorker:
    """Measures a simulated device, or answers by a function of the test."""

    answer: Answer = staticmethod(_record)
    tasks: list[MeasureEnergy]

    def __init__(self, settings: Settings, ends_at: float) -> None:
        self.processes_started = 1

    def __enter__(self) -> FakeWorker:
        return self

    def __exit__(self, *given: object) -> None:
        pass

    def launch(self) -> None:
        pass

    def start(self) -> dict[str, Any]:
        return {}

    def energy(self, task: MeasureEnergy) -> dict[str, Any]:
        self.tasks.append(task)
        return type(self).answer(task, task.process)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    class Fresh(FakeWorker):
        tasks: list[MeasureEnergy] = []  # noqa: RUF012

    monkeypatch.setattr(crew_module, "Worker", Fresh)
    return Fresh


def _found(task: MeasureEnergy = TASK, processes: int = 3) -> dict[str, Any]:
    with Crew(Settings(1), processes) as crew:
        record = crew.energy(task)
    # The journal takes plain values only.
    json.dumps(record, allow_nan=False)
    return record


def test_every_worker_measures_a_share_of_the_windows(worker: type[FakeWorker]) -> None:
    record = _found()
    assert [(task.process, task.plan.windows, task.implementations) for task in worker.tasks] == [
        (number, 1, ("a", "b")) for number in range(3)
    ]
    for name in ("a", "b"):
        (figure,) = record["energy"][name]
        assert (figure["processes"], figure["windows"], figure["flags"]) == (3, 3, ())
        # The scatter of 2 W between processes, with t(2); the windows of one process scatter not at all.
        assert figure["u95_j"] == pytest.approx(4.303 * 2e-4 / 3**0.5, rel=0.15)
    assert [sorted(raw) for raw in record["processes"]] == [["idle", "rounds", "windows"]] * 3
    assert [len(raw["windows"]["a"]) for raw in record["processes"]] == [1, 1, 1]


def test_a_single_process_measures_the_whole_plan(worker: type[FakeWorker]) -> None:
    (figure,) = _found(processes=1)["energy"]["a"]
    assert (figure["processes"], figure["windows"], figure["flags"]) == (1, 3, ())
    assert worker.tasks == [TASK]


def test_a_candidate_that_fails_in_one_process_has_no_joules_and_is_not_measured_again(
    worker: type[FakeWorker],
) -> None:
    def answer(task: MeasureEnergy, serial: int) -> dict[str, Any]:
        record = _record(task, serial)
        if serial == 1:
            record["energy"]["a"] = no_joules(("a",), "crashed: signal 11")["a"]
        return record

    worker.answer = staticmethod(answer)
    energy = _found()["energy"]
    (lost,), (fine,) = energy["a"], energy["b"]
    assert (lost["gross_j"], lost["reason"]) == (None, "crashed: signal 11")
    assert (fine["processes"], fine["windows"], fine["flags"]) == (3, 3, ())
    assert [task.implementations for task in worker.tasks] == [("a", "b"), ("a", "b"), ("b",)]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_process_that_measures_nothing_costs_no_candidate(worker: type[FakeWorker], lost: int) -> None:
    def answer(task: MeasureEnergy, serial: int) -> dict[str, Any]:
        if serial == lost:
            return {"energy": no_joules(task.implementations, "failed: the worker process ended with signal 9")}
        return _record(task, serial)

    worker.answer = staticmethod(answer)
    record = _found()
    for name in ("a", "b"):
        (figure,) = record["energy"][name]
        assert (figure["processes"], figure["windows"]) == (2, 2)
        assert {"few-processes", "few-windows"} == set(figure["flags"])
    assert record["processes"][lost] == {"failed": "failed: the worker process ended with signal 9"}


def test_without_any_process_the_reason_is_kept(worker: type[FakeWorker]) -> None:
    worker.answer = staticmethod(lambda task, serial: {"energy": no_joules(task.implementations, "the sensor is gone")})
    energy = _found()["energy"]
    assert {name: figures[0]["reason"] for name, figures in energy.items()} == {
        "a": "the sensor is gone", "b": "the sensor is gone",
    }  # fmt: skip


def test_one_candidate_that_fails_alone_is_its_own_fault(worker: type[FakeWorker]) -> None:
    only = MeasureEnergy(TASK.case, ("a",), 3, PLAN)
    worker.answer = staticmethod(
        lambda task, serial: {"energy": no_joules(task.implementations, "timeout: one step took more than 9 s")}
    )
    (figure,) = _found(only)["energy"]["a"]
    assert figure["reason"] == "timeout: one step took more than 9 s"
    assert len(worker.tasks) == 1
