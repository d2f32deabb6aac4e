"""Breaks the time of a network down by layers: for the best of each layer, and for those that cover every layer."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.findings.networks import BEST, FILLER, Network

# The best per layer, and so many of the fastest implementations.
_MOST_BARS = 5


@dataclass(frozen=True, slots=True)
class Segment:
    """All occurrences of one layer, and the implementation that computes them."""

    layer: str
    implementation: str
    time_s: float


@dataclass(frozen=True, slots=True)
class LayerBar:
    """The layers of a network by one implementation, or by the best of each."""

    name: str
    segments: tuple[Segment, ...]

    @property
    def total_s(self) -> float:
        return sum(segment.time_s for segment in self.segments)

    @property
    def heaviest(self) -> tuple[Segment, ...]:
        """The segments that take longest, the longest first."""
        return tuple(sorted(self.segments, key=lambda segment: -segment.time_s))


def layer_bars(network: Network) -> tuple[LayerBar, ...]:
    """The best per layer first, then the fastest totals, torch always among them; none where no total is whole."""
    names = [total.implementation for total in network.totals if total.whole and not total.chooses]
    shown = names[:_MOST_BARS]
    if FILLER in names and FILLER not in shown:
        shown[-1] = FILLER
    found = [LayerBar(name, _own(network, name)) for name in shown]
    if network.best.whole:
        found.insert(0, LayerBar(BEST, _best(network)))
    return tuple(found)


def _own(network: Network, name: str) -> tuple[Segment, ...]:
    return tuple(
        Segment(layer.name, name, time.value_s) for layer in network.layers if (time := layer.time(name)) is not None
    )


def _best(network: Network) -> tuple[Segment, ...]:
    return tuple(
        Segment(layer.name, best.implementation, best.time.scaled(layer.count).value_s)
        for layer in network.layers
        if (best := layer.best) is not None and best.time is not None
    )
