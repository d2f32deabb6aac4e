"""Forged machines behind the protocol of executors, and the orders that they get."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.fleet.on_node import REPLY_NAME, RESULTS_NAME
from bench.fleet.order import SweepOrder
from bench.store import journal, runs
from bench.store.schema import Row
from bench.store.status import Status
from bench.version import __version__
from bench.worker.executor import ChildReply, Node, NodeReply

ENVIRONMENT = {"host": "a", "cpu": "Made 1", "cores": 2, "threads": 2, "torch": "2.13.0", "memory_bytes": 8_000_000_000}

# What a machine does with an order to measure: a reply, or None where the machine answers as it should.
Misfortune = Callable[[Node, SweepOrder], NodeReply | None]


def an_order(**more: Any) -> SweepOrder:
    return SweepOrder(__version__, "convcost sweep made", {"budget_s": None}, {}, {}, **more)


class Machines:
    """An executor over forged machines: each has an environment, and plans `cases` cases."""

    name = "forged"

    def __init__(self, folder: Path, environments: dict[str, dict[str, Any]], cases: int = 8) -> None:
        self.environments, self.cases = environments, cases
        self.started: list[tuple[str, str]] = []
        self.budget_s: float | None = None
        self.refuses: dict[str, str] = {}
        self.misfortune: Misfortune = lambda node, order: None
        self._folder, self._replies = folder, deque[NodeReply]()

    def nodes(self) -> tuple[Node, ...]:
        return tuple(Node(name, str(told["host"])) for name, told in self.environments.items())

    def start(self, node: Node, order: str) -> None:
        self.started.append((node.name, order))
        assert all(reply.node != node for reply in self._replies), "a node has one order at a time"
        self._replies.append(self._reply(node, order))

    def next_reply(self) -> NodeReply:
        return self._replies.popleft()

    def close(self) -> None:
        assert not self._replies

    def measured(self) -> list[tuple[str, tuple[str, ...]]]:
        """The orders to measure: the node, and the keys."""
        orders = [(name, SweepOrder.from_json(text)) for name, text in self.started if text]
        return [(name, order.keys) for name, order in orders if order.keys]

    def _reply(self, node: Node, text: str) -> NodeReply:
        if not text:
            return self.told(node, {}, own_s=0.01)
        order = SweepOrder.from_json(text)
        if reason := self.refuses.get(node.name):
            return self.told(node, {REPLY_NAME: json.dumps({"refused": reason}).encode()})
        if not order.keys:
            return self.told(node, {REPLY_NAME: json.dumps({"plan": self._plan(node)}).encode()})
        return self.misfortune(node, order) or self.told(node, self.shard_files(node, order))

    def told(self, node: Node, files: dict[str, bytes], own_s: float = 0.0) -> NodeReply:
        return NodeReply(node, ChildReply(node.host, files, 0, "", 1.0), own_s=own_s)

    def _plan(self, node: Node) -> dict[str, Any]:
        keys = [f"case{number}" for number in range(self.cases)]
        return {
            "name": "made",
            "environment": self.environments[node.name],
            "processors": 2,
            "skipped": [],
            "processes": 3,
            "budget_s": self.budget_s,
            "cases": [{"key": key, "device": "cpu", "macs": 1} for key in keys],
        }

    def shard_files(self, node: Node, order: SweepOrder) -> dict[str, bytes]:
        """The files of the run of a shard on a node."""
        place = self._folder / f"{node.name}-{len(self.started)}"
        meta = {
            "name": "made", "configuration": {}, "environment": self.environments[node.name], "wall_s": 2.0,
            "sampling_s": 1.0, "calibration": [], "own_energy": [],
        }  # fmt: skip
        run = runs.create(place / RESULTS_NAME, "made", meta)
        for key in order.keys:
            row = Row(case_key=key, implementation="torch", status=Status.OK)
            journal.append(run, {"key": key, "rows": [row.as_record()], "samples": {}, "spent_s": 1.0})
        files = {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*.json*")}
        return {**files, REPLY_NAME: json.dumps({"run": str(run.relative_to(place))}).encode()}
