"""Sweeps on forged machines: what is measured, begun again, merged and reported as lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.errors import InfrastructureError
from bench.fleet.merging import KindRun, unpack
from bench.fleet.order import SweepOrder
from bench.fleet.plan import plan
from bench.fleet.sweep import TRIES, KindEnded, ShardEnded, sweep
from bench.store import journal, runs, visits
from bench.store.run_json import LINES, RUN_ID
from bench.worker.executor import Node, NodeReply
from tests.bench.fleet.machines import ENVIRONMENT, Machines, an_order

KEYS = [f"case{number}" for number in range(8)]
THREE = {"1": ENVIRONMENT, "2": {**ENVIRONMENT, "host": "b"}, "3": {**ENVIRONMENT, "cpu": "Made 2", "host": "c"}}


def _swept(machines: Machines, results: Path) -> tuple[tuple[KindEnded, ...], list[ShardEnded]]:
    told: list[ShardEnded] = []
    return sweep(machines, plan(machines, an_order()), results, told.append), told


def _keys(folder: Path | None) -> list[str]:
    assert folder is not None
    return sorted(visits.read(folder))


def test_each_kind_has_a_run_with_every_case_once(tmp_path: Path) -> None:
    ended, told = _swept(Machines(tmp_path, THREE), tmp_path / "results")
    assert [_keys(one.folder) for one in ended] == [KEYS, KEYS]
    assert [one.lost for one in ended] == [{}, {}]
    assert len(told) == 12
    first, second = (runs.read_meta(one.folder) for one in ended if one.folder)
    assert (first["environment"]["host"], second["environment"]["host"]) == ("a, b", "c")
    assert (first["wall_s"], second["wall_s"]) == (2.0 * 8, 2.0 * 4)
    assert all("finished_utc" in meta for meta in (first, second))
    hosts = {key: shard["environment"]["host"] for shard in first["fleet"]["shards"] for key in shard["keys"]}
    assert set(hosts) == set(KEYS)
    assert set(hosts.values()) == {"a", "b"}
    assert len(runs.load(ended[0].folder or Path()).measurements) == 8


def test_a_lost_machine_costs_nothing_where_its_kind_has_another(tmp_path: Path) -> None:
    machines = Machines(tmp_path, THREE)
    machines.misfortune = lambda node, _: (
        NodeReply(node, None, "NodeDiedError", is_node_lost=True) if node.name == "2" else None
    )
    ended, told = _swept(machines, tmp_path / "results")
    assert [_keys(one.folder) for one in ended] == [KEYS, KEYS]
    assert [(one.lost, one.is_tried_again) for one in told if one.lost] == [("NodeDiedError", True)]
    assert Counter(name for name, _ in machines.measured())["2"] == 1


def test_what_the_last_machine_of_a_kind_did_not_measure_is_reported(tmp_path: Path) -> None:
    machines, begun = Machines(tmp_path, THREE), Counter[str]()

    def misfortune(node: Node, _: SweepOrder) -> NodeReply | None:
        begun[node.name] += 1
        is_lost = node.name == "3" and begun["3"] == 2
        return NodeReply(node, None, "NodeDiedError", is_node_lost=True) if is_lost else None

    machines.misfortune = misfortune
    (_, lost), _ = _swept(machines, tmp_path / "results")
    assert _keys(lost.folder) == KEYS[:2]
    assert lost.lost == {
        **dict.fromkeys(KEYS[2:4], "NodeDiedError"),
        **dict.fromkeys(KEYS[4:], "no machine of this kind is left"),
    }
    assert lost.folder is not None
    meta = runs.read_meta(lost.folder)
    assert meta["fleet"]["not_measured"] == lost.lost
    assert "finished_utc" not in meta


def test_a_shard_that_always_breaks_is_begun_a_bounded_number_of_times(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT})
    machines.misfortune = lambda node, order: (
        NodeReply(node, None, "WorkerCrashedError") if KEYS[0] in order.keys else None
    )
    (kind,), told = _swept(machines, tmp_path / "results")
    assert [one.is_tried_again for one in told if one.lost] == [True] * (TRIES - 1) + [False]
    assert kind.lost == dict.fromkeys(KEYS[:2], "WorkerCrashedError")
    assert _keys(kind.folder) == KEYS[2:]


def test_results_of_a_machine_that_became_another_are_not_mixed_in(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT})
    found = plan(machines, an_order())
    machines.environments["1"] = {**ENVIRONMENT, "torch": "2.14.0"}
    (kind,) = sweep(machines, found, tmp_path / "results", lambda _: None)
    assert kind.folder is None
    assert set(kind.lost.values()) == {"a is no machine of this kind any more: torch is '2.14.0' in place of '2.13.0'"}


def test_a_shard_without_one_of_its_cases_is_begun_again(tmp_path: Path) -> None:
    machines, asked = Machines(tmp_path, {"1": ENVIRONMENT}), Counter[str]()

    def misfortune(node: Node, order: SweepOrder) -> NodeReply | None:
        asked[order.keys[0]] += 1
        if asked[KEYS[0]] > 1 or order.keys[0] != KEYS[0]:
            return None
        whole = machines.shard_files(node, an_order(keys=order.keys[:1]))
        return machines.told(node, whole)

    machines.misfortune = misfortune
    (kind,), told = _swept(machines, tmp_path / "results")
    assert _keys(kind.folder) == KEYS
    assert [one.lost for one in told if one.lost] == ["a sent no result of case1"]


def test_records_are_added_once(tmp_path: Path) -> None:
    """A shard whose reply was late is back twice."""
    machines = Machines(tmp_path, {"1": ENVIRONMENT})
    (kind,) = plan(machines, an_order()).kinds
    run, shard = KindRun(kind, tmp_path / "results"), kind.shards[0]
    files = machines.shard_files(kind.nodes[0], shard.order)
    for name in ("first", "second"):
        run.add(shard, unpack(files, tmp_path / name), "a")
    assert run.folder is not None
    assert [record["key"] for record in journal.read(run.folder)] == KEYS[:2]
    assert [one["number"] for one in runs.read_meta(run.folder)["fleet"]["shards"]] == [1]


@pytest.mark.parametrize("name", ["/tmp/run.json", "../run.json", "results/../../run.json"])
def test_no_file_of_a_shard_leaves_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InfrastructureError, match="sent a file with the path"):
        unpack({name: b"{}"}, tmp_path / "own")
    assert list(tmp_path.rglob("*.json")) == []


def test_the_run_of_a_kind_has_an_identity_of_its_own_and_its_journal_is_closed(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT})
    (kind,), _ = _swept(machines, tmp_path / "results")
    assert kind.folder is not None
    meta = runs.read_meta(kind.folder)
    shards = {runs.read_meta(file.parent)[RUN_ID] for file in tmp_path.glob("1-*/*/*/run.json")}
    assert len(shards) == 4
    assert meta[RUN_ID] not in shards
    assert meta[LINES] == len(KEYS)
