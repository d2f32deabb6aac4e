"""Measures a planned sweep on its machines: a shard on every free one, lost ones again, results merged as they come."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import InfrastructureError, UsageError
from bench.fleet.merging import KindRun, unpack
from bench.fleet.plan import FleetPlan, KindPlan, Shard, read
from bench.worker.executor import ChildReply, Executor, Node, NodeReply

# How often a shard is begun before its cases count as not measured.
TRIES = 3


@dataclass(frozen=True, slots=True)
class ShardEnded:
    """The end of a shard on a machine, `lost` with the reason; `is_tried_again` says whether it is begun once more."""

    shard: Shard
    node: Node
    lost: str | None = None
    is_tried_again: bool = False


@dataclass(frozen=True, slots=True)
class KindEnded:
    """The run folder of one kind of machine, None if no shard came back; `lost` are reasons by key."""

    kind: KindPlan
    folder: Path | None
    lost: Mapping[str, str]


@dataclass(slots=True)
class _Queue:
    """The shards of one kind that wait, each with the number of times that it was begun, and its free machines.

    `alive` counts its machines that are not lost.
    """

    run: KindRun
    free: list[Node]
    waiting: deque[tuple[Shard, int]]
    alive: int
    lost: dict[str, str] = field(default_factory=dict)


def sweep(
    executor: Executor, plan: FleetPlan, results: Path, progress: Callable[[ShardEnded], None]
) -> tuple[KindEnded, ...]:
    """Measure every shard; one run folder for each kind of machine.

    A lost shard is begun again on a machine of its kind, TRIES times in all. Raises InfrastructureError if a run's
    folder cannot be written.
    """
    queues = [
        _Queue(KindRun(kind, results), list(kind.nodes), deque((s, 0) for s in kind.shards), len(kind.nodes))
        for kind in plan.kinds
    ]
    running: dict[str, tuple[_Queue, Shard, int]] = {}
    while True:
        for queue in queues:
            while queue.waiting and queue.free:
                shard, tries = queue.waiting.popleft()
                node = queue.free.pop(0)
                executor.start(node, shard.order.to_json())
                running[node.name] = queue, shard, tries + 1
        if not running:
            break
        found = executor.next_reply()
        queue, shard, tries = running.pop(found.node.name)
        progress(_ended(found, queue, shard, tries))
    for queue in queues:
        # No machine of their kind is left.
        queue.lost |= {key: "no machine of this kind is left" for shard, _ in queue.waiting for key in shard.keys}
        queue.run.finish(queue.lost, executor.name)
    return tuple(KindEnded(queue.run.kind, queue.run.folder, queue.lost) for queue in queues)


def _ended(found: NodeReply, queue: _Queue, shard: Shard, tries: int) -> ShardEnded:
    """Keep the results of a shard, or queue it again."""
    if found.is_node_lost:
        queue.alive -= 1
    else:
        queue.free.append(found.node)
    told, reason, is_refused = read(found)
    if told is not None and found.reply is not None:
        reason = _kept(queue.run, shard, found.reply)
    if not reason:
        return ShardEnded(shard, found.node)
    again = tries < TRIES and not is_refused and queue.alive > 0
    if again:
        queue.waiting.append((shard, tries))
    else:
        queue.lost |= dict.fromkeys(shard.keys, reason)
    return ShardEnded(shard, found.node, reason, again)


def _kept(run: KindRun, shard: Shard, reply: ChildReply) -> str:
    """Add the files of a shard to its run; the reason if they do not fit, else empty."""
    with tempfile.TemporaryDirectory(prefix="convcost-shard-") as folder:
        try:
            shard_run = unpack(reply.files, Path(folder))
            run.require_fit(shard, shard_run, reply.host)
        except (InfrastructureError, UsageError) as error:
            return str(error)
        run.add(shard, shard_run, reply.host)
    return ""
