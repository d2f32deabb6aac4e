"""Adds up the bracketed joules of one inference of a network: count × low ends, and count × high ends of its layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.energy.bracket.ranges import Range, total
from bench.report.findings.joules import RowEnergy
from bench.report.findings.networks import Network
from bench.report.findings.results import Result, Time


@dataclass(frozen=True, slots=True)
class BracketedInference:
    """One inference by one implementation, or by the best per layer; `energy` is None unless all layers have joules.

    `known` is the number of convolutions with joules, of `convolutions`.
    """

    implementation: str
    time: Time | None
    energy: Range | None
    known: int
    convolutions: int


@dataclass(frozen=True, slots=True)
class NetworkBracket:
    """The inferences of a network, the best per layer first, then in the order of times; `label` names the class."""

    label: str
    inferences: tuple[BracketedInference, ...]


def bracket_of(network: Network, energy_of: Callable[[Result], RowEnergy]) -> NetworkBracket | None:
    """The bracketed joules of a network; None without any."""
    results = (result for layer in network.layers for result in layer.results.values() if result.time)
    labels = dict.fromkeys(known.label for result in results if (known := energy_of(result).bracketed))
    if not labels:
        return None
    fastest = [(layer.count, layer.best) for layer in network.layers]
    found = [_inference(network.best.implementation, network.best.whole, fastest, energy_of)]
    for one in network.totals:
        own = [(layer.count, layer.results.get(one.implementation)) for layer in network.layers]
        found.append(_inference(one.implementation, one.whole, own, energy_of))
    return NetworkBracket("; ".join(labels), tuple(found))


def _inference(
    name: str,
    time: Time | None,
    layers: Sequence[tuple[int, Result | None]],
    energy_of: Callable[[Result], RowEnergy],
) -> BracketedInference:
    timed = [(count, result) for count, result in layers if result is not None and result.time is not None]
    found = [(count, joules.energy_j) for count, result in timed if (joules := energy_of(result).bracketed)]
    known, convolutions = sum(count for count, _ in found), sum(count for count, _ in layers)
    is_whole = time is not None and bool(found) and known == convolutions
    energy = total(each.times(count) for count, each in found) if is_whole else None
    return BracketedInference(name, time, energy, known, convolutions)
