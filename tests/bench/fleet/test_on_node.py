"""The child process of an order: its environment, its reply, and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.cost.rates import Rates
from bench.fleet import child
from bench.fleet.on_node import ORDER_NAME, REPLY_NAME, _environment, remove_left, run_order
from bench.fleet.order import SweepOrder, order_for
from bench.store.lines import CLOSED
from bench.sweep.overrides import Overrides
from bench.version import __version__

SWEEP = """
base = "mb1ic4ih8oc4kh3ph1"
energy = "none"
processes = 1
visits = 1
max_seconds = 0.02
implementations = ["im2col"]
[axes]
channels = [4, 5]
"""


@pytest.fixture
def order(tmp_path: Path) -> SweepOrder:
    file = tmp_path / "made.toml"
    file.write_text(SWEEP, encoding="utf-8")
    return order_for(str(file), Overrides(threads=1, devices=("cpu",)), "convcost sweep made.toml", Rates())


def _answer(order: SweepOrder, folder: Path) -> dict[str, Any]:
    (folder / ORDER_NAME).write_text(order.to_json(), encoding="utf-8")
    return child.answer(folder)


def test_an_empty_order_starts_no_child() -> None:
    reply = run_order("")
    assert (reply.files, reply.exit_code, reply.child_s) == ({}, 0, 0.0)


def test_the_child_inherits_no_threads_and_nothing_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAY_JOB_ID", "MINE"):
        monkeypatch.setenv(name, "1")
    assert {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAY_JOB_ID", "MINE"} & set(_environment()) == {"MINE"}


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        (tmp_path / f"convcost-shard-{pid}-x").mkdir()
    remove_left()
    assert [path.name for path in tmp_path.iterdir()] == [f"convcost-shard-{os.getpid()}-x"]


def test_threads_of_an_engine_are_noticed(order: SweepOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert _answer(order, tmp_path) == {"failed": "OMP_NUM_THREADS of an engine reached the process that measures"}


def test_a_plan_names_the_machine_and_its_cases(
    order: SweepOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    plan = _answer(order, tmp_path)["plan"]
    assert plan["environment"]["threads"] == 1
    assert plan["environment"]["convcost"] == __version__
    assert [case["key"].split("|")[0] for case in plan["cases"]] == ["mb1ic4ih8oc4kh3ph1", "mb1ic5ih8oc5kh3ph1"]


@pytest.mark.full
def test_a_shard_is_measured_in_a_process_of_its_own(order: SweepOrder) -> None:
    plan = json.loads(run_order(order.to_json()).files[REPLY_NAME])["plan"]
    shard = replace(order, keys=(plan["cases"][1]["key"],), processors=plan["processors"], first_process=7)
    reply = run_order(shard.to_json())
    assert (reply.exit_code, reply.words) == (0, "")
    (journal,) = (content for name, content in reply.files.items() if name.endswith("journal.jsonl"))
    record, closing = (json.loads(line)["record"] for line in journal.splitlines())
    assert (record["key"],) == shard.keys
    assert closing == {CLOSED: 1}
    (process,) = set(record["samples"]["im2col"]["process"])
    assert process == 7


def test_a_child_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "shard"
    folder.mkdir()
    program = (
        "import time, pathlib; from bench.fleet import child; child.answer = lambda folder: time.sleep(600); "
        f"child.main(pathlib.Path({str(folder)!r}))"
    )
    started = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, start_new_session=True)
    time.sleep(0.1)
    assert started.stdin is not None
    started.stdin.close()
    assert started.wait(60) == -9
    assert not folder.exists()
    assert not psutil.pid_exists(started.pid)
