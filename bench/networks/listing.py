"""The list of a network's operations, in the order in which they are called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.cost.layer import Layer, LayerSet, merged
from bench.errors import UsageError
from bench.networks.operation import NetworkOperation, OperationKind


@dataclass(frozen=True, slots=True)
class KindTotal:
    """The operations of one kind: how many, and their sums; None where a term is unknown."""

    kind: OperationKind
    calls: int
    flops: int | None
    bytes_moved: int | None
    parameters: int


@dataclass(frozen=True, slots=True)
class NetworkListing:
    """A network as the list of its operations.

    `inputs` are the shapes it was listed with. `parameters` counts each once, None where unknown. `stopped` says why
    and where listing ended before the network did, None if it is whole. `notes` are sentences for the reader.
    """

    name: str
    operations: tuple[NetworkOperation, ...]
    inputs: tuple[tuple[int, ...], ...] = ()
    parameters: int | None = None
    stopped: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def convolutions(self) -> tuple[NetworkOperation, ...]:
        return tuple(one for one in self.operations if one.is_convolution)

    @property
    def covered(self) -> tuple[NetworkOperation, ...]:
        """The convolutions that can be measured."""
        return tuple(one for one in self.convolutions if one.problem is not None)

    @property
    def not_covered(self) -> tuple[NetworkOperation, ...]:
        """The convolutions that cannot be measured, each with its reason."""
        return tuple(one for one in self.convolutions if one.problem is None)

    @property
    def layer_set(self) -> LayerSet:
        """The covered convolutions as layers to sweep: equal ones once, under the first one's name, with their number.

        Raises UsageError without any.
        """
        layers = [Layer(one.problem, one.name, precision=one.precision) for one in self.covered if one.problem]
        if not layers:
            found = f"its {len(self.not_covered)} cannot be measured" if self.not_covered else "it has none"
            why = f" ({self.not_covered[0].reason})" if self.not_covered else ""
            stopped = f"; {self.stopped}" if self.stopped else ""
            raise UsageError(f"{self.name} has no 2-D convolution to measure: {found}{why}{stopped}")
        return LayerSet(self.name, merged(layers))

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The names of all layers that share the shape of each layer of `layer_set`, by this one's name."""
        found: dict[Any, list[str]] = {}
        for one in self.covered:
            found.setdefault((one.problem, one.precision), []).append(one.name)
        return {names[0]: tuple(dict.fromkeys(names)) for names in found.values()}

    def share_of_macs(self, operations: tuple[NetworkOperation, ...]) -> float | None:
        """The share that some convolutions have of the MACs of all; None where some are unknown."""
        every = [one.macs for one in self.convolutions]
        if None in every or not sum(filter(None, every)):
            return None
        return sum(one.macs or 0 for one in operations) / sum(filter(None, every))

    def totals(self) -> tuple[KindTotal, ...]:
        """The sums of each kind, in the order of OperationKind."""
        calls = Counter(one.kind for one in self.operations)
        return tuple(_total(kind, [one for one in self.operations if one.kind is kind])
                     for kind in OperationKind if calls[kind])  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "name": self.name,
            "inputs": [list(shape) for shape in self.inputs],
            "parameters": self.parameters,
            "stopped": self.stopped,
            "notes": list(self.notes),
            "not_covered_share_of_macs": self.share_of_macs(self.not_covered),
            "operations": [_plain(one) for one in self.operations],
        }


def _total(kind: OperationKind, operations: list[NetworkOperation]) -> KindTotal:
    return KindTotal(
        kind,
        len(operations),
        _sum([one.flops for one in operations]),
        _sum([one.bytes_moved for one in operations]),
        sum(one.parameters for one in operations),
    )


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _plain(one: NetworkOperation) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "operator": one.operator,
        "descriptor": one.problem.descriptor if one.problem else None,
        "bias": one.problem.bias if one.problem else None,
        "precision": one.precision or "fp32" if one.problem else None,
        "output_shape": None if one.output_shape is None else list(one.output_shape),
        "macs": one.macs,
        "flops": one.flops,
        "bytes_moved": one.bytes_moved,
        "parameters": one.parameters,
        "receptive_field": None if one.receptive_field is None else list(one.receptive_field),
        "not_covered": one.reason,
    }
