"""`convcost sweep --executor ray`, on forged machines in place of Ray."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.fleet import ray_executor
from bench.worker.executor import NodeReply
from tests.bench.commands.running import Run
from tests.bench.fleet.machines import ENVIRONMENT, Machines


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    made = Machines(tmp_path / "machines", {"1": ENVIRONMENT, "2": {**ENVIRONMENT, "host": "b"}}, cases=3)
    monkeypatch.setattr(ray_executor, "RayExecutor", lambda address: made)
    monkeypatch.chdir(tmp_path)
    return made


def test_without_ray_one_sentence_says_what_to_type(convcost: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = convcost("sweep", "quick", "--executor", "ray")
    assert (done.code, done.out) == (2, "")
    assert done.err == "convcost: --executor ray needs the library ray; type: pip install 'convcost[ray]'\n"


def test_a_dry_run_prints_the_plan_and_measures_nothing(convcost: Run, machines: Machines) -> None:
    machines.environments["2"] = {**ENVIRONMENT, "host": "b", "cpu": "Made 2"}
    done = convcost("sweep", "quick", "--executor", "ray", "--dry-run")
    assert done.code == 0, done.err
    for part in ("kind 1: Made 1, 2 processors; 1 machine: a", "kind 2: Made 2", "made: 3 cases in 3 shards", "case2"):
        assert part in done.out
    assert "the engine's own time: 10.00 ms a shard" in done.out
    assert machines.measured() == []
    assert not Path("results").exists()


def test_lost_cases_are_named_and_the_exit_code_says_so(convcost: Run, machines: Machines) -> None:
    machines.misfortune = lambda node, order: (
        NodeReply(node, None, "WorkerCrashedError") if order.keys == ("case1",) else None
    )
    done = convcost("sweep", "quick", "--executor", "ray", "--json", "--store", Path("store").absolute().as_uri())
    assert done.code == 3
    assert done.json["not_measured"] == {"Made 1, 2 processors": {"case1": "WorkerCrashedError"}}
    (found,) = done.json["runs"]
    assert sorted(row["case_key"] for row in found["rows"]) == ["case0", "case2"]
    assert done.err.count("begun again") == 2
    # A run that is not finished is not copied.
    assert not Path("store").exists()


def test_a_finished_run_is_copied(convcost: Run, machines: Machines) -> None:
    done = convcost("sweep", "quick", "--executor", "ray", "--json", "--store", Path("store").absolute().as_uri())
    assert done.code == 0, done.err
    (copy,) = Path("store").iterdir()
    assert copy.name == Path(done.json["runs"][0]["run"]).name
    assert {"run.json", "journal.jsonl"} < {file.name for file in copy.iterdir()}
