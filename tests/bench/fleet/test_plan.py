"""The plan of a sweep on forged machines: kinds, shards, and machines that are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.fleet import plan
from bench.fleet.kinds import differing
from bench.worker.executor import ChildReply, Node, NodeReply
from tests.bench.fleet.machines import ENVIRONMENT, Machines, an_order


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, None),
        ({"host": "b"}, None),
        ({"memory_bytes": 8_100_000_000}, None),
        ({"memory_bytes": 16_000_000_000}, "memory is 16,000,000,000 bytes in place of 8,000,000,000"),
        ({"cpu": "Made 2"}, "cpu is 'Made 2' in place of 'Made 1'"),
        ({"torch": "2.14.0"}, "torch is '2.14.0' in place of '2.13.0'"),
        ({"gpu": "Made"}, "gpu is 'Made' in place of None"),
        # Known on one side only: a worker tells it, a plan does not.
        ({"governor": "powersave"}, None),
    ],
)
def test_machines_are_of_one_kind_or_not(more: dict[str, Any], says: str | None) -> None:
    assert differing(ENVIRONMENT, ENVIRONMENT | more) == says


def test_every_kind_has_every_case_once(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT, "2": {**ENVIRONMENT, "cpu": "Made 2"}, "3": ENVIRONMENT})
    found = plan.plan(machines, an_order())
    assert [[node.name for node in kind.nodes] for kind in found.kinds] == [["1", "3"], ["2"]]
    keys = [f"case{number}" for number in range(8)]
    assert [[key for shard in kind.shards for key in shard.keys] for kind in found.kinds] == [keys, keys]
    assert [shard.number for kind in found.kinds for shard in kind.shards] == list(range(1, 13))
    assert found.own_s == 0.01
    # Each worker of a kind has a number of its own.
    assert [shard.order.first_process for shard in found.kinds[1].shards] == [0, 3, 6, 9]


def test_the_budget_is_shared_by_cases(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT}, cases=5)
    machines.budget_s = 100.0
    (kind,) = plan.plan(machines, an_order()).kinds
    assert [(len(shard.keys), shard.order.budget_s) for shard in kind.shards] == [(1, 20), (1, 20), (2, 40), (1, 20)]


@pytest.mark.parametrize("cases", [1, 2, 7, 8, 9, 1000])
def test_no_part_is_empty_and_none_is_large(cases: int) -> None:
    found = plan.parts([str(number) for number in range(cases)], 8)
    assert sum(map(len, found)) == cases
    assert len(found) == min(8, cases)
    assert 1 <= min(map(len, found)) <= max(map(len, found)) <= min(map(len, found)) + 1


def _reply(node: Node, **told: str) -> NodeReply:
    return NodeReply(node, ChildReply(node.host, {"reply.json": json.dumps(told).encode()}, 0, "", 1.0))


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (_reply(Node("1", "a"), refused="no cuda"), UsageError, "no machine can measure this sweep: a: no cuda"),
        (_reply(Node("1", "a"), failed="no space"), InfrastructureError, "a: no space"),
        (NodeReply(Node("1", "a"), None, "died"), InfrastructureError, "a: died"),
        (
            NodeReply(Node("1", "a"), ChildReply("a", {}, -9, "first\nKilled", 1.0)),
            InfrastructureError,
            "a: its process ended with -9: Killed",
        ),
    ],
)
def test_a_sweep_that_no_machine_takes(
    tmp_path: Path, reply: NodeReply, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT})
    monkeypatch.setattr(machines, "next_reply", lambda: reply)
    with pytest.raises(error, match=says):
        plan.plan(machines, an_order())


def test_a_machine_that_refuses_is_left_out(tmp_path: Path) -> None:
    machines = Machines(tmp_path, {"1": ENVIRONMENT, "2": {**ENVIRONMENT, "host": "b"}})
    machines.refuses = {"2": "no cuda"}
    found = plan.plan(machines, an_order())
    assert [(node.name, why) for node, why in found.left_out] == [("2", "no cuda")]
    assert [node.name for kind in found.kinds for node in kind.nodes] == ["1"]


def test_a_cluster_without_machines(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="has no machine"):
        plan.plan(Machines(tmp_path, {}), an_order())
