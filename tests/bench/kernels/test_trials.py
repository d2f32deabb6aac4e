"""Trials of shapes: a fresh worker every few shapes, which survives its entrants and ends in time."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from bench.errors import OutOfTime, UsageError
from bench.kernels import trials
from bench.kernels.trials import ShapeTrial, hold_trials
from bench.store.status import Status
from bench.worker import child as child_module
from bench.worker.client import Worker
from bench.worker.settings import Settings
from bench.worker.trial import Entrant
from tests.bench.kernels.forged_kernels import shape_result
from tests.bench.worker.plugins import BEHAVIOURS, write_plugin

SHAPE = shape_result({}).shape


def _trial(*names: str, seed: int = 0) -> ShapeTrial:
    return ShapeTrial.of(SHAPE, tuple(Entrant(name, "nchw") for name in names), seed, 0.05, rivals=())


class FakeWorker:
    """Notes the trials of each worker."""

    held: list[list[int]]

    def __init__(self, settings: Settings, ends_at: float) -> None:
        self.held.append([])

    def __enter__(self) -> FakeWorker:
        return self

    def __exit__(self, *given: Any) -> None:
        pass

    def start(self) -> None:
        pass

    def trial(self, trial: Any) -> list[Any]:
        self.held[-1].append(trial.seed)
        return []


def test_every_few_shapes_have_a_fresh_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeWorker, "held", [], raising=False)
    monkeypatch.setattr(trials, "Worker", FakeWorker)
    found = list(hold_trials([_trial("a", seed=seed) for seed in range(5)], Settings(1), shapes_a_process=2))
    assert FakeWorker.held == [[0, 1], [2, 3], [4]]
    assert [result.shape for result in found] == [SHAPE] * 5


@pytest.mark.full
@pytest.mark.slow
def test_an_entrant_that_crashes_or_hangs_affects_no_other_shape(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, BEHAVIOURS)
    names = ("good", "returns-zeros", "exits", "raises", "hangs", "torch")
    # No plan and no call here takes a tenth of it, even on a loaded machine.
    settings = Settings(1, (plugin,), step_timeout_s=5.0)
    first, second = hold_trials([_trial(*names), _trial("good", "torch", seed=1)], settings)
    assert {o.entrant.implementation: o.status for o in first.outcomes} == {
        "good": Status.OK, "returns-zeros": Status.WRONG, "exits": Status.CRASHED, "raises": Status.FAILED,
        "hangs": Status.TIMEOUT, "torch": Status.OK,
    }  # fmt: skip
    assert {o.entrant.implementation for o in first.timed(names)} == {"good", "torch"}
    assert {o.entrant.implementation for o in first.faults} == set(names) - {"good", "torch"}
    assert [o.status for o in second.outcomes] == [Status.OK, Status.OK]
    assert first.wall_s > 5.0


@pytest.mark.full
@pytest.mark.slow
def test_a_hang_shortly_before_the_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers: list[Worker] = []
    start = Worker.start
    monkeypatch.setattr(Worker, "start", lambda worker: workers.append(worker) or start(worker))
    found = hold_trials([_trial("good"), _trial("hangs")], Settings(1, (write_plugin(tmp_path, BEHAVIOURS),)))
    assert next(found).outcomes[0].status is Status.OK
    process = workers[-1]._process
    assert process is not None
    process._ends_at = time.monotonic() + 0.5
    with pytest.raises(OutOfTime):
        next(found)
    assert time.monotonic() - process._ends_at < 10


def test_after_the_end_of_time_no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[Any] = []
    start = subprocess.Popen
    monkeypatch.setattr(
        child_module.subprocess, "Popen", lambda *a, **k: children.append(start(*a, **k)) or children[-1]
    )
    with pytest.raises(OutOfTime):
        next(hold_trials([_trial("direct")], Settings(1), ends_at=time.monotonic()))
    (child,) = children
    assert child.poll() is not None


@pytest.mark.slow
def test_a_refused_plugin_is_a_usage_error(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("raise RuntimeError('no')")
    with pytest.raises(UsageError, match="it raised RuntimeError: no"):
        next(hold_trials([_trial("direct")], Settings(1, (plugin,))))
