"""The parent's side of one child: killed if it does not end, replaced if it died, nothing imported too early."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.store.status import Status
from bench.worker import process
from bench.worker.client import Worker
from bench.worker.process import Process, ProcessLost
from bench.worker.protocol import Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import write_plugin

ROOT = Path(__file__).parents[3]
# The child leaves, and a thread keeps it alive.
STAYS = """
import threading


@impls.register
class Stays(Base):
    name = "stays"

    def plan(self, *given):
        threading.Thread(target=time.sleep, args=(60,)).start()
        sys.exit("leaving")
"""


@pytest.mark.full
@pytest.mark.slow
def test_a_child_that_leaves_and_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_END_TIMEOUT_S", 0.5)
    task = Task(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")), ("stays", "good"), 0, None, 0.5)
    with Worker(Settings(1, (write_plugin(tmp_path, STAYS),))) as worker:
        worker.start()
        started = time.monotonic()
        stays, good = worker.run(task)
    assert (stays.status, stays.reason) == (Status.TIMEOUT, "the worker process closed its output and did not end")
    assert good.status is Status.OK
    # Killed, and not waited for: its thread sleeps for a minute.
    assert time.monotonic() - started < 50


def test_the_entry_loads_no_library_before_affinity() -> None:
    """OpenBLAS and OpenMP start threads when they are loaded, and threads keep the processors of that moment."""
    program = "import sys, json, bench.worker.entry; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "torch", "numba", "pandas"} & set(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize(
    "is_noticed", [pytest.param(True, marks=pytest.mark.full), False], ids=["before the message", "by the message"]
)
def test_a_worker_that_is_killed_while_it_waits_costs_no_candidate(
    monkeypatch: pytest.MonkeyPatch, is_noticed: bool
) -> None:
    """As the system does when memory runs out."""
    task = Task(Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1")), ("torch",), 0, None, 0.5)
    with Worker(Settings(1)) as worker:
        assert [o.status for o in worker.run(task)] == ["ok"]
        assert worker._process is not None
        child = worker._process._child._process
        child.kill()
        child.wait()
        if not is_noticed:
            monkeypatch.setattr(process.Process, "has_ended", False)
        (torch,) = worker.run(task)
        assert (torch.status, torch.reason, worker.processes_started) == ("ok", None, 2)


def test_a_child_that_holds_more_memory_than_it_may_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forged: it allocates half a MiB whenever its parent looks, and says nothing."""
    monkeypatch.setattr(process, "_POLL_S", 0.001)
    held = iter(range(0, 10 * 2**20, 2**19))

    class Child:
        lines: queue.Queue[str | None] = queue.Queue()
        exit_code = None

        @property
        def resident_bytes(self) -> int:
            return next(held)

    lost = object.__new__(Process)
    lost._child, lost._beacon = Child(), SimpleNamespace(read=lambda: (0, 0))  # type: ignore[assignment]
    lost._max_memory_bytes, lost._ends_at = 2**20, float("inf")
    with pytest.raises(ProcessLost, match=r"used more than 1\.0 MiB of memory \(--max-worker-memory\)") as raised:
        lost._next(60.0)
    assert (raised.value.status, next(held)) == (Status.FAILED, 2 * 2**20)
