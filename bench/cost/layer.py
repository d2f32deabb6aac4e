"""The layers of a network, each with its name and how often it occurs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from impls import ConvProblem


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer shape of a network: how often it occurs, and the name of its first occurrence.

    `precision` is its own, None for a layer that is computed in those of the command or configuration.
    """

    problem: ConvProblem
    name: str
    count: int = 1
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class LayerSet:
    """The convolutions of a network, in order. The name is empty for layers that the user typed.

    `left_out` are phrases on what of its text is no layer, such as '3 × reorder'.
    """

    name: str
    layers: tuple[Layer, ...]
    left_out: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        """Multiply–accumulates of the whole network's convolutions."""
        return sum(layer.count * layer.problem.macs for layer in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        layers = [
            {"descriptor": one.problem.descriptor, "bias": one.problem.bias, "name": one.name, "count": one.count,
             "precision": one.precision}
            for one in self.layers
        ]  # fmt: skip
        return {"name": self.name, "layers": layers, "left_out": list(self.left_out)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> LayerSet:
        """The inverse of `as_dict`."""
        layers = [
            Layer(ConvProblem.parse(one["descriptor"], bias=one["bias"]), one["name"], one["count"], one["precision"])
            for one in plain["layers"]
        ]
        return cls(plain["name"], tuple(layers), tuple(plain.get("left_out", ())))


def merged(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers with equal ones made one, under the first one's name, that occurs as often as all of them together."""
    found: dict[tuple[ConvProblem, str | None], Layer] = {}
    for layer in layers:
        key = layer.problem, layer.precision
        known = found.get(key)
        found[key] = replace(known, count=known.count + layer.count) if known else layer
    return tuple(found.values())
