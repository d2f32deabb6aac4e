"""Gives the bracketed joules, grams of CO₂e and money of one inference of a network, in a table of their own."""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.cost import carbon, money
from bench.cost.rates import Rates
from bench.energy.bracket.ranges import Range
from bench.report.document.blocks import Block, Cell, Heading, Prose, Table, table
from bench.report.findings.network_brackets import BracketedInference, NetworkBracket
from bench.report.findings.networks import BEST, Network
from bench.report.sections import energy_money
from bench.report.sections.energy_bracket import cell, grams_cell, money_cells
from bench.report.sections.network_words import why_no_joules

_MANY = "of a million inferences"
_RANGE = (
    "Ranges add up the low ends and the high ends of all layers; no value within them is likelier than another. Rows "
    "stand in the order of their times: brackets rank nothing. Money is for a million inferences."
)


def answer(found: NetworkBracket, network: Network, rates: Rates) -> Iterator[str]:
    """A sentence on one inference by the best per layer and by the fastest; none where no sum is whole."""
    whole = [one for one in found.inferences if one.energy is not None]
    # The best per layer comes first, and repeats the fastest if that is the fastest on every layer.
    shown = whole[:2] if len(network.best_counts) > 1 else whole[1:2]
    told = "; ".join(_told(one, one.energy, rates) for one in shown if one.energy is not None)
    if told:
        yield f"One inference on {network.group.label}, bracketed, not measured ({found.label}): {told}."


def _told(one: BracketedInference, energy: Range, rates: Rates) -> str:
    name = f"the {BEST}" if one.implementation == BEST else one.implementation
    parts = [f"{format.joules_between(energy.low, energy.high)} with {name}"]
    if grams := carbon.grams_range(energy, rates.grid, rates.pue):
        parts.append(f"{format.grams_between(*grams)} CO₂e")
    if price := money.electricity_range_per_million_calls(energy, rates):
        parts.append(f"{energy_money.amount_between(price, rates)} of electricity a million")
    return ", ".join(parts)


def blocks(found: NetworkBracket, inference: str, rates: Rates) -> Iterator[Block]:
    """The table of a network; `inference` is the sentence that says what one inference is."""
    yield Heading(f"Joules, carbon and money of one inference, bracketed, not measured ({found.label})")
    yield Prose(f"{inference} {_RANGE}")
    yield _table(found, rates)


def _table(found: NetworkBracket, rates: Rates) -> Table:
    unit = energy_money.in_currency(rates)
    costs = (
        "CO₂e, bracketed",
        f"electricity {_MANY}, bracketed{unit}",
        f"device time {_MANY}{unit}",
        f"total {_MANY}, bracketed{unit}",
    )
    head = ("implementation", "time", "energy, bracketed", *energy_money.of_given_rates(rates, costs))
    return table(head, "l" + "r" * (len(head) - 1), [_row(one, rates) for one in found.inferences])


def _row(one: BracketedInference, rates: Rates) -> tuple[Cell | str, ...]:
    # Grams of one inference, money of a million.
    grams = grams_cell(carbon.grams_range(one.energy, rates.grid, rates.pue))
    costs = (grams, *money_cells(rates, one.energy, one.time))
    return (
        one.implementation,
        Cell(format.time(one.time), _small(one), "" if one.time else "muted"),
        cell(None if one.energy is None else format.joules_between(one.energy.low, one.energy.high)),
        *energy_money.of_given_rates(rates, costs),
    )


def _small(one: BracketedInference) -> str:
    """The reason for missing joules, else the interval of the time."""
    if (reason := why_no_joules(one)) or one.time is None:
        return reason
    return format.interval(one.time) if one.time.interval_s else "no interval"
