"""Carries orders to the nodes of a Ray cluster. Ray is an extra: it is imported here alone, when it is asked for.

A shard takes every processor and GPU that Ray knows of its node, so nothing else of Ray runs there meanwhile. Where any
node has the resource convcost_device, only nodes with it measure, and a shard takes all of it instead of processors.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.fleet.on_node import run_order
from bench.worker.executor import RAY, Node, NodeReply

EXTRA = "pip install 'convcost[ray]'"
DEVICE = "convcost_device"
# Python handles Ctrl-C between two waits.
_WAIT_S = 0.5


class RayExecutor:
    """The nodes of the cluster at `address`; without one those of RAY_ADDRESS, of this machine's cluster, or a new one.

    Raises UsageError without the library, InfrastructureError if there is no cluster at the address.
    """

    name = RAY

    def __init__(self, address: str | None = None) -> None:
        self._ray = _library()
        try:
            # What ended or broke is told by its shards.
            self._ray.init(
                address=address, log_to_driver=False, logging_level=logging.CRITICAL, ignore_reinit_error=False
            )
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            reason = str(error).strip().split("\n")[0]
            where = "could not be started here" if address is None else f"does not answer at {address}"
            raise InfrastructureError(
                f"Ray {where}: {reason}; to see a cluster: ray status; to start one: ray start --head"
            ) from error
        self._order = self._ray.remote(max_retries=0)(run_order)
        self._running: dict[Any, tuple[Node, float]] = {}

    def nodes(self) -> tuple[Node, ...]:
        known = [(one, _held(one.get("Resources", {}))) for one in self._ray.nodes() if one["Alive"]]
        chosen = any(DEVICE in held for _, held in known)
        found = [
            Node(one["NodeID"], one.get("NodeManagerHostname") or one["NodeManagerAddress"], _only(held, chosen))
            for one, held in known
            if (DEVICE in held if chosen else held.get("CPU"))
        ]
        return tuple(sorted(found, key=lambda node: (node.host, node.name)))

    def start(self, node: Node, order: str) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(node.name, soft=False)
        task = self._order.options(
            num_cpus=node.held.get("CPU", 0),
            num_gpus=node.held.get("GPU", 0),
            resources={DEVICE: node.held[DEVICE]} if DEVICE in node.held else None,
            scheduling_strategy=there,
            name="convcost",
        )
        self._running[task.remote(order)] = node, time.monotonic()

    def next_reply(self) -> NodeReply:
        while True:
            ended, _ = self._ray.wait(list(self._running), num_returns=1, timeout=_WAIT_S)
            if ended:
                return self._taken(ended[0])

    def _taken(self, task: Any) -> NodeReply:
        node, started = self._running.pop(task)
        try:
            reply = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            words = str(error).strip().split("\n")[0]
            return NodeReply(node, None, f"{type(error).__name__}: {words}", is_node_lost=not self._is_alive(node))
        return NodeReply(node, reply, own_s=time.monotonic() - started - reply.child_s)

    def _is_alive(self, node: Node) -> bool:
        return any(one["NodeID"] == node.name and one["Alive"] for one in self._ray.nodes())

    def close(self) -> None:
        for task in self._running:
            # A node that is lost has nothing to cancel.
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.cancel(task, force=True)
        self._ray.shutdown()


def _library() -> Any:
    # No message to Ray's makers about a cluster that a measurement starts, and none about settings of its own.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise UsageError(f"--executor ray needs the library ray; type: {EXTRA}") from error
    return ray


def _held(resources: Mapping[str, float]) -> dict[str, float]:
    """The resources of a node that decide who may run on it."""
    return {name: resources[name] for name in ("CPU", "GPU", DEVICE) if resources.get(name)}


def _only(held: Mapping[str, float], chosen: bool) -> dict[str, float]:
    """What a shard takes of a node; with a resource of our own, processors may be taken by others."""
    return {name: value for name, value in held.items() if not (chosen and name == "CPU")}
