"""The breakdown of networks: a segment of a bar for each layer."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import network_layers as drawing
from bench.report.findings.network_layers import LayerBar, layer_bars
from bench.report.findings.networks import Network
from bench.report.sections.cells import names
from bench.report.sections.network_words import is_busy
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "Layers stand in the order measured, all occurrences of a layer together; a segment has the colour of the "
    "implementation that computes it. Narrow segments have no name."
)
_MANY = 3


def sections(study: Study) -> tuple[Section, ...]:
    """One section on all networks that are not mostly noisy; none where nothing covers a whole network."""
    found = [
        (network, bars)
        for network in study.networks
        if not is_busy(study, network) and len(network.layers) > 1 and (bars := layer_bars(network))
    ]
    if not found:
        return ()
    images = tuple(
        drawing.panel(bars, study.marks, study.titled(network.name, network.group)) for network, bars in found
    )
    answers = tuple(study.said_of(network.group, _answer(network, bars[0])) for network, bars in found)
    return (Section("network-layers", "Networks, layer by layer", answers, (Prose(_HOW_TO_READ), Gallery(images))),)


def _answer(network: Network, bar: LayerBar) -> str:
    """The layers that take most of the first bar."""
    most = bar.heaviest[:_MANY]
    share = sum(segment.time_s for segment in most) / bar.total_s
    layers = names(segment.layer for segment in most)
    return (
        f"in {network.name} {layers} take {format.significant(100 * share, 2)} % of {format.seconds(bar.total_s)} "
        f"({bar.name}, {format.count(len(bar.segments), 'different layer')})."
    )
