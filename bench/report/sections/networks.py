"""Shows the total time of each network's convolutions, and the layers that an implementation does not cover."""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.report.document.blocks import Block, Cell, Details, Gallery, Heading, Prose, Section, table
from bench.report.drawing import network_bars
from bench.report.findings.networks import FILLER, Network, Total
from bench.report.findings.ranking import Verdict
from bench.report.findings.results import Time
from bench.report.sections import network_energy
from bench.report.sections.cells import interval, names, time_cell
from bench.report.sections.network_words import UNSUMMED, is_busy
from bench.report.sections.study import Study
from bench.rows.standing import Standing, doubt, mostly_noisy, over

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
        blocks: list[Block] = [] if all(is_busy(study, network) for network in found) else [Prose(_HOW_TO_READ)]
        for network in found:
            blocks += _blocks(study, network, with_heading=len(found) > 1)
        answers = (
            *(
                f"{study.before(network.group)}{UNSUMMED if is_busy(study, network) else answer(network)}"
                for network in found
            ),
            *(
                sentence
                for network in found
                if not is_busy(study, network)
                for sentence in network_energy.answers(study, network)
            ),
        )
        yield Section(f"network-{name}", f"Network {name}", answers, tuple(blocks))


def answer(network: Network) -> str:
    """The fastest whole total, the best per layer, and the totals of implementations that choose on each layer."""
    if mostly_noisy(network.results):
        return UNSUMMED
    ranking = network.ranking
    size = f"{format.count(network.convolutions, 'convolution')} ({len(network.layers)} different)"
    if not ranking.order:
        rest = f"; the best per layer adds up to {_with_interval(network.best)}" if network.best.whole else ""
        return f"no implementation covers all {size}{rest}{_choosers(network)}."
    first, rivals = ranking.order[0], [total.implementation for total in ranking.tied]
    if ranking.verdict is Verdict.UNDECIDED:
        text = f"no implementation is clearly the fastest that covers all {size}"
        among = " of those with an interval" if doubt(first) is None else ""
        least = f"{first.implementation} has the least total{among}, {_with_interval(first)}"
        return f"{text}; {least}{_choosers(network)}."
    text = f"{first.implementation} is the fastest that covers all {size}: {_with_interval(first)}"
    text += f" (a tie with {names(rivals)})" if rivals else ""
    return f"{text}; {_best_per_layer(network, first)}{_choosers(network)}."


def _choosers(network: Network) -> str:
    """The totals of the implementations that choose another on each layer."""
    best = network.best if network.best.whole else None
    return "".join(
        f"; {total.implementation}, which chooses on each layer, takes {_with_interval(total)}"
        + (f", {format.ratio(factor)} the best per layer" if best and (factor := over(total, best)) else "")
        for total in network.totals
        if total.chooses and total.whole
    )


def _best_per_layer(network: Network, first: Total) -> str:
    """The gain of the best per layer over the fastest total."""
    if not network.best.whole or not first.whole or set(network.best_counts) == {first.implementation}:
        return "it is also the fastest on every layer"
    parts = ", ".join(f"{count} by {name}" for name, count in network.best_counts.items())
    factor = over(first, network.best)
    faster = f", {format.ratio(factor)} faster" if factor is not None else ""
    return f"the best per layer takes {_with_interval(network.best)}{faster} ({parts})"


def _with_interval(total: Total) -> str:
    """The total of all layers, with its interval or the noise that leaves none."""
    is_silent = total.whole is None or (total.whole.interval_s is None and doubt(total) is not Standing.NOISY)
    return format.time(total.whole) + ("" if is_silent else f" ({interval(total, total.whole)})")


def _blocks(study: Study, network: Network, *, with_heading: bool) -> list[Block]:
    blocks: list[Block] = [Heading(network.group.label)] if with_heading else []
    if not is_busy(study, network):
        if image := network_bars.totals(network, study.marks):
            blocks.append(Gallery((image,)))
        blocks.append(_totals(network))
        blocks += network_energy.blocks(study, network)
    title = f"Layer by layer: {network.name}, {network.group.label}"
    blocks.append(Details(title, (_layers(study, network),), in_summary=False))
    return blocks


def _totals(network: Network) -> Block:
    head = ("implementation", "covers", "total", "sum over covered layers", f"total, gaps filled by {FILLER}")
    fastest = network.ranking.decided
    rows = [_total(t, "best" if t.implementation in fastest else "") for t in (network.best, *network.totals)]
    return table(head, "lrrrr", rows)


def _total(total: Total, look: str) -> tuple[Cell | str, ...]:
    covers = Cell(f"{total.covered} of {format.count(total.layers, 'layer')}", look="" if total.whole else "muted")
    filled = None if total.whole else total.filled
    own = None if total.whole else total.own
    return total.implementation, covers, *(_sum(total, time, look) for time in (total.whole, own, filled))


def _sum(total: Total, time: Time | None, look: str) -> Cell:
    if time is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.time(time), interval(total, time), look)


def _layers(study: Study, network: Network) -> Block:
    """Times of one occurrence of each layer; the fastest are in bold, on a tie all of them, if it is decided."""
    columns = [name for name in study.marks if any(layer.results.get(name) for layer in network.layers)]
    rows: list[tuple[Cell | str, ...]] = []
    for layer in network.layers:
        leaders = layer.ranking.decided
        cells = [time_cell(layer.results.get(name), is_best=name in leaders) for name in columns]
        rows.append((Cell(layer.name, layer.descriptor), str(layer.count), *cells))
    return table(("layer", "occurrences", *columns), "lr" + "r" * len(columns), rows)
