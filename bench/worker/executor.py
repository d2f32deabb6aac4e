"""The protocol between a sweep on many machines and the engine that reaches these machines.

A sweep without it runs in this process (`--executor local`): nothing lies between it and its workers. An engine knows
nothing of convolutions: it carries an order as text to a node, holds that node alone meanwhile, and brings files back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

LOCAL, RAY = "local", "ray"
EXECUTORS = (LOCAL, RAY)


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of an engine; `held` are the resources that an order takes, all of its kind, to be alone there."""

    name: str
    host: str
    held: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildReply:
    """What a child process left on a node: its files by path, its exit code, its last words, and its time."""

    host: str
    files: Mapping[str, bytes]
    exit_code: int
    words: str
    child_s: float


@dataclass(frozen=True, slots=True)
class NodeReply:
    """The end of an order on a node: a reply, or the reason why it was lost.

    `own_s` is the engine's own time: from the start of the order to its end here, without the child's. `is_node_lost`
    says that nothing more can run on the node.
    """

    node: Node
    reply: ChildReply | None
    lost: str | None = None
    own_s: float = 0.0
    is_node_lost: bool = False


class Executor(Protocol):
    """Carries orders to nodes; a node has one order at a time."""

    name: str

    def nodes(self) -> tuple[Node, ...]:
        """The nodes that can measure. Raises InfrastructureError if the engine does not answer."""
        ...

    def start(self, node: Node, order: str) -> None:
        """Begin an order on a node that has none; an empty order starts no child, and shows the engine's own time."""
        ...

    def next_reply(self) -> NodeReply:
        """Wait for the next end of an order that was started."""
        ...

    def close(self) -> None:
        """End every order that still runs, with its processes, and leave the engine."""
        ...
