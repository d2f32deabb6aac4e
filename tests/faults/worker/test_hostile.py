"""Every hostile plug-in costs at most its own row: ours beside it are ok, and nothing that it started stays."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from bench.worker.bounds import MARK
from bench.worker.client import Worker
from bench.worker.protocol import Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.bench.worker.plugins import write_plugin
from tests.faults.conftest import Tried
from tests.faults.worker.plugins import ATTACKS
from tests.faults.worker.sweeps import environment

CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
OURS = ("im2col", "torch")
# No honest step takes a tenth of it; the memory is more than all libraries take.
STEP_S, MEMORY_BYTES = 20.0, 3 * 2**30


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_plugin_costs_its_own_row(tmp_path: Path, tried: Tried, name: str) -> None:
    tried(f"hostile: {name}")
    settings = Settings(1, (write_plugin(tmp_path, ATTACKS[name]),), step_timeout_s=STEP_S,
                        max_memory_bytes=MEMORY_BYTES)  # fmt: skip
    with Worker(settings) as worker:
        found = {o.implementation: o for o in worker.run(Task(CASE, ("hostile", *OURS), 0, 0.5, 0.5))}
        again = {o.implementation: o for o in worker.run(Task(CASE, OURS, 1, 0.2, 0.5))}
    assert {n: (found[n].status, found[n].reason) for n in OURS} == dict.fromkeys(OURS, ("ok", None))
    assert {again[n].status for n in OURS} == {"ok"}
    assert found["hostile"].reason or found["hostile"].status == "ok"
    if name == "allocates without end":
        assert "of memory (--max-worker-memory)" in (found["hostile"].reason or "")
    assert not _marked_by_this_process()


def _marked_by_this_process() -> list[int]:
    """The processes that a child of this one started and that live; the system takes a moment to end them."""
    mark = f"{MARK}={psutil.Process().pid}:".encode()
    for _ in range(200):
        left = [pid for pid in psutil.pids() if pid != psutil.Process().pid and mark in environment(pid)]
        if not left:
            break
        time.sleep(0.02)
    return left
