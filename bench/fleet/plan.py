"""The plan of a sweep on many machines: every kind of machine measures every case, shared out among its machines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.fleet.kinds import differing, name_of
from bench.fleet.on_node import REPLY_NAME
from bench.fleet.order import SweepOrder
from bench.worker.executor import Executor, Node, NodeReply

# A lost machine costs one shard, and the last machine to end keeps the others waiting for one shard.
_SHARDS_A_NODE = 4


@dataclass(frozen=True, slots=True)
class Shard:
    """Some whole cases of a sweep, by key, for one machine of a kind; `number` counts from 1 over the plan."""

    number: int
    order: SweepOrder

    @property
    def keys(self) -> tuple[str, ...]:
        return self.order.keys


@dataclass(frozen=True, slots=True)
class KindPlan:
    """One kind of machine: its nodes, the plan of the first of them as its child gave it, and its shards."""

    name: str
    nodes: tuple[Node, ...]
    told: Mapping[str, Any]
    shards: tuple[Shard, ...] = ()

    @property
    def environment(self) -> Mapping[str, Any]:
        environment: Mapping[str, Any] = self.told["environment"]
        return environment


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """A sweep by kinds of machines; `left_out` are the nodes that cannot measure it, each with the reason.

    `own_s` is the time that the engine itself takes for a shard: that of an empty one, the longest of all nodes.
    """

    name: str
    kinds: tuple[KindPlan, ...]
    left_out: tuple[tuple[Node, str], ...]
    own_s: float


def plan(executor: Executor, order: SweepOrder) -> FleetPlan:
    """Ask every node what it would measure, and cut that into shards.

    Raises UsageError if every node refuses the sweep, InfrastructureError if there is none or all are lost.
    """
    nodes = executor.nodes()
    if not nodes:
        raise InfrastructureError(
            f"{executor.name} has no machine with processors; start one with: ray start --address ADDRESS"
        )
    replies = _asked(executor, nodes, order.to_json())
    left_out, kinds, refused = [], list[KindPlan](), 0
    for found in replies:
        told, reason, is_refused = read(found)
        refused += is_refused
        if told is None or "plan" not in told:
            left_out.append((found.node, reason))
            continue
        kinds = _with(kinds, found.node, told["plan"])
    if not kinds:
        reasons = "; ".join(dict.fromkeys(f"{node.host}: {why}" for node, why in left_out))
        error = UsageError if refused == len(replies) else InfrastructureError
        raise error(f"no machine can measure this sweep: {reasons}")
    usable = [node for kind in kinds for node in kind.nodes]
    own_s = max((found.own_s for found in _asked(executor, usable, "")), default=0.0)
    return FleetPlan(str(kinds[0].told["name"]), _cut(kinds, order), tuple(left_out), own_s)


def read(found: NodeReply) -> tuple[Mapping[str, Any] | None, str, bool]:
    """The reply of a child; None with the reason where there is none, and whether the machine refused the order."""
    if found.reply is None:
        return None, found.lost or "lost", False
    content = found.reply.files.get(REPLY_NAME)
    if content is None:
        words = found.reply.words.split("\n")[-1]
        return None, f"its process ended with {found.reply.exit_code}" + (f": {words}" if words else ""), False
    told: Mapping[str, Any] = json.loads(content)
    for how in ("refused", "failed"):
        if how in told:
            return None, str(told[how]), how == "refused"
    return told, "", False


def _asked(executor: Executor, nodes: Sequence[Node], order: str) -> list[NodeReply]:
    """The replies of all nodes to one order, in the order of the nodes."""
    for node in nodes:
        executor.start(node, order)
    found = [executor.next_reply() for _ in nodes]
    return sorted(found, key=lambda one: nodes.index(one.node))


def _with(kinds: list[KindPlan], node: Node, told: Mapping[str, Any]) -> list[KindPlan]:
    """The kinds with one more node, in its own kind."""
    for at, kind in enumerate(kinds):
        if differing(kind.environment, told["environment"]) is None and kind.told["cases"] == told["cases"]:
            return [*kinds[:at], replace(kind, nodes=(*kind.nodes, node)), *kinds[at + 1 :]]
    return [*kinds, KindPlan(name_of(told["environment"]), (node,), told)]


def _cut(kinds: Sequence[KindPlan], order: SweepOrder) -> tuple[KindPlan, ...]:
    """The kinds with their shards: neighbouring cases stay together, as they share workers."""
    found: list[KindPlan] = []
    number = 0
    for kind in kinds:
        keys = [case["key"] for case in kind.told["cases"]]
        shards: list[Shard] = []
        for part in parts(keys, _SHARDS_A_NODE * len(kind.nodes)):
            number += 1
            budget_s = kind.told["budget_s"]
            own = replace(
                order,
                keys=tuple(part),
                budget_s=None if budget_s is None else budget_s * len(part) / len(keys),
                processors=kind.told["processors"],
                first_process=len(shards) * kind.told["processes"],
            )
            shards.append(Shard(number, own))
        found.append(replace(kind, shards=tuple(shards)))
    return tuple(found)


def parts(keys: Sequence[str], most: int) -> list[Sequence[str]]:
    """Neighbouring keys in `most` parts of nearly the same number, none empty."""
    number = min(most, len(keys))
    ends = [round(at * len(keys) / number) for at in range(number + 1)]
    return [keys[start:end] for start, end in itertools.pairwise(ends)]
