"""Threads, processes and settings that a plug-in leaves behind cost its author alone."""

from __future__ import annotations

import sys
import threading

import pytest

from bench.store.status import Status
from bench.worker import at_rest
from bench.worker.client import Worker
from bench.worker.protocol import Outcome, Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import write_plugin

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
linux = pytest.mark.skipif(sys.platform != "linux", reason="threads and processes as Linux lists them")


@linux
def test_a_thread_that_runs_on_is_told_from_one_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_rest, "_MOST_USED_S", 0.002)
    monkeypatch.setattr(at_rest, "_LONG_NAP_S", 0.005)
    stop, asleep = threading.Event(), threading.Event()

    def spin() -> None:
        while not stop.is_set():
            pass

    sleeping, spinning = threading.Thread(target=asleep.wait), threading.Thread(target=spin)
    sleeping.start()
    spinning.start()
    try:
        found = at_rest.running_at_rest()
        assert spinning.native_id in found
        assert sleeping.native_id not in found
        assert {spinning.native_id, sleeping.native_id} <= at_rest.threads()
    finally:
        stop.set()
        asleep.set()
        spinning.join()
        sleeping.join()


BODY = """
import ctypes, os, subprocess, sys, threading
import torch

torch._C._set_mkldnn_enabled(False)


class Base(impls.Implementation):
    def plan(self, case, weight, bias):
        return impls.Plan(lambda x: self.call(x, weight))

    def call(self, x, weight):
        return torch.conv2d(x, weight, None, 1, 1)


@impls.register
class Honest(Base):
    name = "honest"


@impls.register
class Spins(Base):
    name = "spins"

    def plan(self, *given):
        def spin():
            while True:
                pass

        threading.Thread(target=spin, daemon=True).start()
        return super().plan(*given)


@impls.register
class SpinsWhenTimed(Base):
    name = "spins-when-timed"
    calls = 0

    def call(self, *given):
        self.calls += 1
        if self.calls == 20:
            threading.Thread(target=spin_for_ever, daemon=True).start()
        return super().call(*given)


def spin_for_ever():
    while True:
        pass


@impls.register
class Allocates(Base):
    name = "allocates"

    def plan(self, *given):
        # M_TOP_PAD and M_TRIM_THRESHOLD of malloc.h: freed blocks go back to the system.
        ctypes.CDLL(None).mallopt(-2, 0)
        ctypes.CDLL(None).mallopt(-1, 128 * 1024)
        return super().plan(*given)


@impls.register
class Forks(Base):
    name = "forks"

    def plan(self, *given):
        self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return super().plan(*given)
"""
NAMES = ("spins", "spins-when-timed", "allocates", "forks", "honest", "torch")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    path = write_plugin(tmp_path_factory.mktemp("plugin"), BODY)
    task = Task(CASE, NAMES, 0, 0.2, 0.5, min_blocks=3, tricks=False)
    with Worker(Settings(1, (path,))) as worker:
        return {outcome.implementation: outcome for outcome in worker.run(task)}


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="threads and malloc as Linux has them")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("spins", "it left a thread running that uses the processor"),
        ("spins-when-timed", "it left a thread running that uses the processor"),
        ("allocates", "it changed what cannot be put back: malloc pinned → trimming"),
    ],
)
def test_what_cannot_be_put_back_costs_its_author_alone(measured: dict[str, Outcome], name: str, reason: str) -> None:
    assert measured[name].status is Status.FAILED
    assert reason in (measured[name].reason or "")
    for honest in ("honest", "torch"):
        assert measured[honest].status is Status.OK
        assert measured[honest].samples


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="processes as Linux lists them")
def test_a_process_that_is_left_behind_and_a_change_at_loading_are_named(measured: dict[str, Outcome]) -> None:
    at_loading = "oneDNN in torch on → off, when it was loaded"
    assert measured["honest"].side_effects == at_loading
    assert measured["torch"].side_effects is None
    assert measured["forks"].side_effects == f"{at_loading}; it left a process running"
