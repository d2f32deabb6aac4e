"""What whole networks take: their convolutions added up, with what an implementation does not cover in the open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Section, table
from bench.report.drawing import bars
from bench.report.findings.networks import FILLER, Network, Total
from bench.report.findings.results import Time
from bench.report.findings.study import Study
from bench.report.sections.cells import names, time_cell

_HOW_TO_READ = (
    "A total is the sum of multiplicity × time over the network's convolutions, one after the other, and nothing "
    "else: no activation, no pooling, no change of layout between layers. Its interval adds up the low ends and the "
    "high ends, so it is rather too wide than too narrow. An implementation that does not cover every layer has no "
    f"total of its own; the total with its gaps filled by {FILLER} is named so and hatched. A bar that ends in » is "
    "cut. Best per layer takes the smallest of several medians, so it flatters itself a little."
)


def sections(study: Study) -> Iterator[Section]:
    """A section per network, whatever the number of groups it was measured in."""
    for name in dict.fromkeys(network.name for network in study.networks):
        found = [network for network in study.networks if network.name == name]
        blocks: list[Block] = [Prose(_HOW_TO_READ)]
        for network in found:
            blocks += _blocks(study, network, with_heading=len(found) > 1)
        answers = tuple(f"{network.group.label}: {answer(network)}" for network in found)
        yield Section(f"network-{name}", f"Network {name}", answers, tuple(blocks))


def answer(network: Network) -> str:
    """The fastest whole total against the best per layer, and what choosing anew on each layer takes."""
    whole = network.whole
    size = f"{format.count(network.convolutions, 'convolution')} ({len(network.layers)} different)"
    best = network.best.whole
    if not whole:
        rest = f"; the best per layer adds up to {_with_interval(best)}" if best else ""
        return f"no implementation covers all of its {size}{rest}{_choosers(network)}."
    first = whole[0]
    text = f"over its {size}, {first.implementation} is the fastest that covers all: {_with_interval(first.whole)}"
    if (rivals := _not_apart(first, whole)) and first.whole and first.whole.interval_s:
        text += f" (a tie with {names(rivals)})"
    return f"{text}; {_best_per_layer(network, first)}{_choosers(network)}."


def _choosers(network: Network) -> str:
    """What those take that choose on each layer among the others."""
    best = network.best.whole
    return "".join(
        f"; {total.implementation}, which chooses on each layer, takes {_with_interval(total.whole)}"
        + (f", {format.ratio(total.whole.value_s / best.value_s)} the best per layer" if best else "")
        for total in network.totals
        if total.chooses and total.whole
    )


def _best_per_layer(network: Network, first: Total) -> str:
    """What choosing anew on each layer would gain over the fastest total."""
    best = network.best.whole
    if not best or not first.whole or set(network.best_counts) == {first.implementation}:
        return "it is also the fastest on every layer"
    parts = ", ".join(f"{count} by {name}" for name, count in network.best_counts.items())
    factor = format.ratio(first.whole.value_s / best.value_s)
    return f"the best per layer takes {_with_interval(best)}, {factor} faster ({parts})"


def _not_apart(first: Total, whole: Sequence[Total]) -> list[str]:
    """Those whose interval meets the first one's."""
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
    if image := bars.totals(network, study.marks):
        blocks.append(Gallery((image,)))
    blocks.append(_totals(network))
    title = f"Layer by layer: {network.name}, {network.group.label}"
    blocks.append(Details(title, (_layers(study, network),), in_summary=False))
    return blocks


def _totals(network: Network) -> Block:
    head = ("implementation", "covers", "total", "sum over what it covers", f"total, gaps filled by {FILLER}")
    whole = network.whole
    fastest = {whole[0].implementation, *_not_apart(whole[0], whole)} if whole else set()
    rows = [_total(t, "best" if t.implementation in fastest else "") for t in (network.best, *network.totals)]
    return table(head, "lrrrr", rows)


def _total(total: Total, look: str) -> tuple[Cell | str, ...]:
    covers = Cell(f"{total.covered} of {total.layers} layers", look="" if total.whole else "muted")
    filled = None if total.whole else total.filled
    return total.implementation, covers, _sum(total.whole, look), _sum(None if total.whole else total.own), _sum(filled)


def _sum(time: Time | None, look: str = "") -> Cell:
    if time is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.time(time), format.interval(time) if time.interval_s else "no interval", look)


def _layers(study: Study, network: Network) -> Block:
    """Times of one occurrence of each layer; the fastest in bold, all of them on a tie."""
    columns = [name for name in study.marks if any(layer.results.get(name) for layer in network.layers)]
    rows: list[tuple[Cell | str, ...]] = []
    for layer in network.layers:
        leaders = layer.ranking.leaders
        cells = [time_cell(layer.results.get(name), is_best=name in leaders) for name in columns]
        rows.append((Cell(layer.name, layer.descriptor), str(layer.count), *cells))
    return table(("layer", "times", *columns), "lr" + "r" * len(columns), rows)
