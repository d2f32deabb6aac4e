"""Shows the total time of each network's convolutions, and the layers that an implementation does not cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Section, table
from bench.report.drawing import network_bars
from bench.report.findings.networks import FILLER, Network, Total
from bench.report.findings.results import Time
from bench.report.sections.cells import names, time_cell
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "A total is the sum of multiplicity × time over the network's convolutions, run one after the other. It includes "
    "nothing else: no activation, no pooling, no change of layout between layers. Its interval adds up the low ends "
    "and the high ends, so it is too wide rather than too narrow. An implementation that does not cover every layer "
    f"has no total of its own; a total with gaps filled by {FILLER} says so and is hatched. A bar that ends in » is "
    "cut. The best per layer takes the smallest of several medians, so it is slightly too low."
)


def sections(study: Study) -> Iterator[Section]:
    """One section per network, with all its groups."""
    for name in dict.fromkeys(network.name for network in study.networks):
        found = [network for network in study.networks if network.name == name]
        blocks: list[Block] = [Prose(_HOW_TO_READ)]
        for network in found:
            blocks += _blocks(study, network, with_heading=len(found) > 1)
        answers = tuple(f"{network.group.label}: {answer(network)}" for network in found)
        yield Section(f"network-{name}", f"Network {name}", answers, tuple(blocks))


def answer(network: Network) -> str:
    """The fastest whole total, the best per layer, and the totals of implementations that choose on each layer."""
    whole = network.whole
    size = f"{format.count(network.convolutions, 'convolution')} ({len(network.layers)} different)"
    best = network.best.whole
    if not whole:
        rest = f"; the best per layer adds up to {_with_interval(best)}" if best else ""
        return f"no implementation covers all {size}{rest}{_choosers(network)}."
    first = whole[0]
    text = f"{first.implementation} is the fastest that covers all {size}: {_with_interval(first.whole)}"
    if (rivals := _tied_with(first, whole)) and first.whole and first.whole.interval_s:
        text += f" (a tie with {names(rivals)})"
    return f"{text}; {_best_per_layer(network, first)}{_choosers(network)}."


def _choosers(network: Network) -> str:
    """The totals of the implementations that choose another on each layer."""
    best = network.best.whole
    return "".join(
        f"; {total.implementation}, which chooses on each layer, takes {_with_interval(total.whole)}"
        + (f", {format.ratio(total.whole.value_s / best.value_s)} the best per layer" if best else "")
        for total in network.totals
        if total.chooses and total.whole
    )


def _best_per_layer(network: Network, first: Total) -> str:
    """The gain of the best per layer over the fastest total."""
    best = network.best.whole
    if not best or not first.whole or set(network.best_counts) == {first.implementation}:
        return "it is also the fastest on every layer"
    parts = ", ".join(f"{count} by {name}" for name, count in network.best_counts.items())
    factor = format.ratio(first.whole.value_s / best.value_s)
    return f"the best per layer takes {_with_interval(best)}, {factor} faster ({parts})"


def _tied_with(first: Total, whole: Sequence[Total]) -> list[str]:
    """The implementations whose interval overlaps that of the first."""
    ends = first.whole.interval_s if first.whole else None
    return [
        t.implementation
        for t in whole[1:]
        if ends and t.whole and t.whole.interval_s and t.whole.interval_s[0] <= ends[1]
    ]


def _with_interval(time: Time | None) -> str:
    return f"{format.time(time)} ({format.interval(time)})" if time and time.interval_s else format.time(time)


def _blocks(study: Study, network: Network, *, with_heading: bool) -> list[Block]:
    blocks: list[Block] = [Heading(network.group.label)] if with_heading else []
    if image := network_bars.totals(network, study.marks):
        blocks.append(Gallery((image,)))
    blocks.append(_totals(network))
    title = f"Layer by layer: {network.name}, {network.group.label}"
    blocks.append(Details(title, (_layers(study, network),), in_summary=False))
    return blocks


def _totals(network: Network) -> Block:
    head = ("implementation", "covers", "total", "sum over covered layers", f"total, gaps filled by {FILLER}")
    whole = network.whole
    fastest = {whole[0].implementation, *_tied_with(whole[0], whole)} if whole else set()
    rows = [_total(t, "best" if t.implementation in fastest else "") for t in (network.best, *network.totals)]
    return table(head, "lrrrr", rows)


def _total(total: Total, look: str) -> tuple[Cell | str, ...]:
    covers = Cell(f"{total.covered} of {format.count(total.layers, 'layer')}", look="" if total.whole else "muted")
    filled = None if total.whole else total.filled
    return total.implementation, covers, _sum(total.whole, look), _sum(None if total.whole else total.own), _sum(filled)


def _sum(time: Time | None, look: str = "") -> Cell:
    if time is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.time(time), format.interval(time) if time.interval_s else "no interval", look)


def _layers(study: Study, network: Network) -> Block:
    """Times of one occurrence of each layer; the fastest are in bold, on a tie all of them."""
    columns = [name for name in study.marks if any(layer.results.get(name) for layer in network.layers)]
    rows: list[tuple[Cell | str, ...]] = []
    for layer in network.layers:
        leaders = layer.ranking.leaders
        cells = [time_cell(layer.results.get(name), is_best=name in leaders) for name in columns]
        rows.append((Cell(layer.name, layer.descriptor), str(layer.count), *cells))
    return table(("layer", "occurrences", *columns), "lr" + "r" * len(columns), rows)
