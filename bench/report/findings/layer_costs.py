"""What each layer of a network costs, and what could be saved in it against torch, the most first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.report.findings import against
from bench.report.findings.against import TORCH, Factor
from bench.report.findings.networks import Network, NetworkLayer
from bench.report.findings.results import Result, Time
from bench.rows.ranking import Verdict


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One shape of a network's layers: the names that have it, its fastest implementation, and torch beside it.

    `share` is its part of the time that torch takes for all convolutions; `saved_s` is torch's time less that of the
    best, of all occurrences, and 0 where torch is the best. Times are of all occurrences together. None where a time
    is missing. `is_open` is whether noise leaves open which is the fastest.
    """

    names: tuple[str, ...]
    layer: NetworkLayer
    best: Result | None
    time: Time | None
    torch: Time | None
    share: float | None
    saved_s: float | None
    factor: Factor | None
    is_open: bool

    @property
    def count(self) -> int:
        return self.layer.count


def costs_of(network: Network, names: Mapping[str, tuple[str, ...]]) -> tuple[LayerCost, ...]:
    """The costs of each layer of a network; `names` has all names that share the shape of a layer, by its own."""
    times = [layer.time(TORCH) for layer in network.layers]
    known = [time for time in times if time is not None]
    whole_s = sum(time.value_s for time in known) if len(known) == len(times) else None
    found = [_cost(layer, names.get(layer.name, (layer.name,)), whole_s) for layer in network.layers]
    return tuple(sorted(found, key=_most_saved_first))


def _most_saved_first(cost: LayerCost) -> tuple[bool, float, float]:
    return cost.saved_s is None, -(cost.saved_s or 0.0), -(cost.time.value_s if cost.time else 0.0)


def _cost(layer: NetworkLayer, names: Sequence[str], whole_s: float | None) -> LayerCost:
    ranking, torch = layer.ranking, layer.time(TORCH)
    best = layer.best
    time = best.time.scaled(layer.count) if best is not None and best.time else None
    return LayerCost(
        tuple(names),
        layer,
        best,
        time,
        torch,
        None if torch is None or not whole_s else torch.value_s / whole_s,
        None if torch is None or time is None else max(0.0, torch.value_s - time.value_s),
        against.over_best(ranking),
        ranking.verdict is Verdict.UNDECIDED,
    )
