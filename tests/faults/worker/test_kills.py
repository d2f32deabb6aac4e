"""Workers and sweeps that are killed at any moment: at most the candidate that ran is lost, and nothing stays."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.store import journal, runs
from bench.worker.client import Worker
from bench.worker.protocol import Task
from bench.worker.settings import Settings
from impls import Case, ConvProblem
from tests.faults.conftest import Tried

ROOT = Path(__file__).parents[3]
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
OURS = ("im2col", "torch")
SWEEP = """
base = "mb1ic4ih8oc4kh3ph1"
implementations = ["im2col", "torch"]
devices = ["cpu"]
max_seconds = 0.2
processes = 2
visits = 2
energy = "none"
[axes]
kernel = [1, 3]
"""
# From the first import to the page.
MOMENTS_S = [0.4 * number for number in range(1, 13)]


@pytest.mark.parametrize("seed", range(4))
def test_a_busy_worker_that_is_killed_costs_its_candidate(tried: Tried, seed: int) -> None:
    draw = random.Random(seed)
    with Worker(Settings(1)) as worker:
        worker.start()
        for number in range(10):
            tried("busy worker killed")
            assert worker._process is not None
            pid = worker._process._child.pid
            killer = threading.Timer(draw.uniform(0.0, 0.6), _kill, [pid])
            killer.start()
            found = worker.run(Task(CASE, OURS, number, 0.3, 0.5))
            killer.cancel()
            killer.join()
            assert sorted(o.implementation for o in found) == sorted(OURS)
            lost = [o for o in found if o.status != "ok"]
            assert len(lost) <= 1
            assert all("signal 9 (SIGKILL)" in (o.reason or "") for o in lost)
            worker.start()


def test_a_waiting_worker_that_is_killed_costs_nothing(tried: Tried) -> None:
    with Worker(Settings(1)) as worker:
        for number in range(20):
            tried("waiting worker killed")
            worker.start()
            assert worker._process is not None
            _kill(worker._process._child.pid)
            found = worker.run(Task(CASE, OURS, number, None, 0.5))
            assert [o.status for o in found] == ["ok", "ok"]


@pytest.mark.parametrize("moment_s", MOMENTS_S)
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGKILL", -9)])
def test_a_sweep_that_is_ended_can_be_resumed(
    tmp_path: Path, tried: Tried, name: str, code: int, moment_s: float
) -> None:
    tried(f"sweep ended by {name}")
    (tmp_path / "tiny.toml").write_text(SWEEP)
    (tmp_path / "temporary").mkdir()
    sweep = subprocess.Popen(
        [sys.executable, "-m", "bench", "sweep", "tiny.toml", "--threads", "1"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")},
    )  # fmt: skip
    # Python itself must have begun to listen.
    time.sleep(1.0 + moment_s * 2)
    sweep.send_signal(getattr(signal, name))
    _, said = sweep.communicate(timeout=30)
    if sweep.returncode == 0:
        # It was faster.
        return
    assert sweep.returncode == code, said
    assert "Traceback" not in said
    folders = list(tmp_path.glob("results/*"))
    for folder in folders:
        journal.read(folder)
        if name != "SIGKILL":
            assert runs.read_meta(folder)["wall_s"] > 0
            assert f"convcost sweep --resume {folder}" in said
    if name != "SIGKILL":
        assert not list((tmp_path / "temporary").iterdir())


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
