"""A sweep on a real Ray cluster of several nodes on loopback: one node is killed in mid-sweep.

Skipped without the extra `ray`. The nodes are processes of this machine, so times mean nothing here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.cost.rates import Rates
from bench.fleet.order import order_for
from bench.fleet.plan import plan
from bench.fleet.ray_executor import RayExecutor
from bench.fleet.sweep import ShardEnded, sweep
from bench.store import runs, visits
from bench.sweep.overrides import Overrides
from tests.faults.conftest import Tried

pytest.importorskip("ray")

# Four cases of microseconds.
SWEEP = """
base = "mb1ic4ih8oc4kh3ph1"
energy = "none"
processes = 1
visits = 1
max_seconds = 0.05
implementations = ["im2col"]
[axes]
channels = [4, 5, 6, 7]
"""
PROCESS = "bench.fleet.child"


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that measures nothing, and two nodes that do."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(2):
            made.add_node(num_cpus=1, resources={"convcost_device": 1})
        yield made
    finally:
        made.shutdown()


def _shards() -> list[psutil.Process]:
    """The processes that measure shards."""
    return [one for one in psutil.process_iter() if PROCESS in _words(one)]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_node_that_is_killed_in_mid_sweep_loses_nothing(
    cluster: Any, tmp_path: Path, tried: Tried, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "made.toml"
    file.write_text(SWEEP, encoding="utf-8")
    order = order_for(str(file), Overrides(threads=1, devices=("cpu",)), "convcost sweep made.toml", Rates())
    executor, killed, told = RayExecutor(cluster.address), threading.Event(), list[ShardEnded]()
    try:
        planned = plan(executor, order)
        (kind,) = planned.kinds
        assert len(kind.nodes) == 2
        with capsys.disabled():
            print(f"\nRay's own time: {planned.own_s * 1000:.1f} ms a shard")
        assert planned.own_s < 0.2

        def kill() -> None:
            # In the middle of a shard: its child runs, and no shard has ended.
            while len(_shards()) < len(kind.nodes):
                time.sleep(0.2)
            # The count stands before the attempt: one that is not survived must show.
            tried("a Ray node killed in mid-sweep")
            cluster.remove_node(cluster.list_all_nodes()[1], allow_graceful=False)
            killed.set()

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        (ended,) = sweep(executor, planned, tmp_path / "results", told.append)
        killer.join(60)
    finally:
        executor.close()
    assert killed.is_set()
    assert ended.lost == {}
    assert ended.folder is not None
    keys = [case["key"] for case in kind.told["cases"]]
    assert sorted(visits.read(ended.folder)) == sorted(keys)
    shards = runs.read_meta(ended.folder)["fleet"]["shards"]
    assert sorted(key for shard in shards for key in shard["keys"]) == sorted(keys)
    assert any(one.lost and one.is_tried_again for one in told)
    assert {shard["environment"]["threads"] for shard in shards} == {1}
    assert len(runs.load(ended.folder).measurements) == len(keys)
    assert _gone(), "a killed node leaves no process"


def _gone(patience_s: float = 20.0) -> bool:
    ends_at = time.monotonic() + patience_s
    while _shards() and time.monotonic() < ends_at:
        time.sleep(0.2)
    return not _shards()
