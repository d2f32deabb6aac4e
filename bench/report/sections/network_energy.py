"""Gives the joules, grams of CO₂e and money of one inference of a network, by implementation and at the best mix."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bench import format
from bench.cost import carbon, money
from bench.cost.amounts import Amount
from bench.cost.carbon import CALLS
from bench.cost.rates import Rates
from bench.report.document.blocks import Block, Cell, Heading, Prose, table
from bench.report.findings.network_brackets import bracket_of
from bench.report.findings.network_joules import Inference, NetworkJoules, amount_of_time, joules_of
from bench.report.findings.networks import BEST, Network
from bench.report.findings.results import Time
from bench.report.sections import energy_money, network_bracket
from bench.report.sections.network_words import one_inference, why_no_joules
from bench.report.sections.study import Study

_MODEL = "convcost report RUN --cpu-idle-w WATTS --cpu-max-w WATTS --cpu-cores N adds modelled ones"
_RANGE = (
    "A range adds up the low ends and the high ends of all layers, so it is too wide rather than too narrow. Money is "
    "for a million inferences: that of one is too small to read."
)


def answers(study: Study, network: Network) -> Iterator[str]:
    """A sentence on one inference for measured joules, another for modelled ones, another for bracketed ones."""
    rates = energy_money.rates_of(study) or Rates()
    for found in joules_of(network, study.energy_of):
        whole = [inference for inference in found.inferences if inference.energy is not None]
        if whole:
            how = f"measured, gross ({found.source.label})" if found.source else f"modelled {_how(found)}"
            # The best per layer comes first, and repeats the fastest if that is the fastest on every layer.
            shown = whole[:2] if len(network.best_counts) > 1 else whole[1:2]
            told = "; ".join(_told(inference, rates) for inference in shown)
            yield f"One inference on {network.group.label}, {how}: {told}."
    if (bracket := bracket_of(network, study.energy_of)) is not None:
        yield from network_bracket.answer(bracket, network, rates)


def _how(found: NetworkJoules) -> str:
    return "from what was executed" if found.is_executed else "as time × an assumed power"


def _told(inference: Inference, rates: Rates) -> str:
    energy = inference.energy
    assert energy is not None, "only inferences with joules are told"
    name = f"the {BEST}" if inference.implementation == BEST else inference.implementation
    parts = [f"{format.joules(energy.value)} with {name}"]
    if (grams := carbon.grams(energy.value, rates.grid, rates.pue)) is not None:
        parts.append(f"{format.grams(grams)} CO₂e")
    if (price := money.electricity(energy.value * CALLS, rates)) is not None:
        parts.append(f"{energy_money.amount(price, rates)} of electricity a million")
    return ", ".join(parts)


def blocks(study: Study, network: Network) -> Iterator[Block]:
    """A table for each kind of joules; without joules, the reason and the price of the time."""
    rates = energy_money.rates_of(study) or Rates()
    known = joules_of(network, study.energy_of)
    for found in known:
        how = f"measured ({found.source.label})" if found.source else f"modelled {_how(found)}, not measured"
        yield Heading(f"Joules, carbon and money of one inference, {how}")
        yield Prose(f"{one_inference(network)} {_range(found)} {_RANGE}")
        yield _table(found, rates)
    bracket = bracket_of(network, study.energy_of)
    if bracket is not None:
        yield from network_bracket.blocks(bracket, one_inference(network), rates)
    if not known and bracket is None:
        yield Prose(_missing(study, network))
        if rates.price_per_hour is not None:
            yield Heading("Device time of a million inferences")
            yield _by_time(network, rates)


def _range(found: NetworkJoules) -> str:
    if found.is_executed:
        return "Ranges are by the error of the model on rows that were left out of its fit."
    if found.source is None:
        return "Ranges are those of the times: the assumed power has none of its own."
    return "Ranges are expanded 95 % uncertainties without the meter's scale; grams and money follow from gross joules."


def _missing(study: Study, network: Network) -> str:
    results = [result for layer in network.layers for result in layer.results.values() if result.time]
    reasons = "; ".join(dict.fromkeys(study.energy_of(result).reason for result in results)) or "nothing was timed"
    more = f" {_MODEL}." if network.group.device == "cpu" else ""
    return f"The joules of one inference are missing: {reasons}.{more}"


def _table(found: NetworkJoules, rates: Rates) -> Block:
    modelled, unit = "" if found.source else ", modelled", energy_money.in_currency(rates)
    energies = ("net energy", "gross energy") if found.source else ("energy, modelled",)
    many = "of a million inferences"
    costs = (
        f"CO₂e{modelled}",
        f"electricity {many}{modelled}{unit}",
        f"device time {many}{unit}",
        f"total {many}{modelled}{unit}",
    )
    head = ("implementation", "time", *energies, *energy_money.of_given_rates(rates, costs))
    best, *others = found.inferences
    if found.source is None:
        # As in the table of a case: fewest joules first.
        others.sort(key=lambda one: math.inf if one.energy is None else one.energy.value)
    rows = [_row(inference, rates, has_net=found.source is not None) for inference in (best, *others)]
    return table(head, "l" + "r" * (len(head) - 1), rows)


def _row(inference: Inference, rates: Rates, *, has_net: bool) -> tuple[Cell | str, ...]:
    time, energy = inference.time, inference.energy
    grams = (
        None if energy is None or rates.grid is None else _converted(energy, carbon.grams(1.0, rates.grid, rates.pue))
    )
    power = None if energy is None else _converted(energy, money.electricity(float(CALLS), rates))
    rent = _rent(inference, rates)
    costs = (_grams(grams), _money(power), _money(rent), _money(_both(power, rent)))
    return (
        inference.implementation,
        Cell(format.time(time), why_no_joules(inference) or _interval(time), "" if time else "muted"),
        *((_joules(inference.net),) if has_net else ()),
        _joules(energy),
        *energy_money.of_given_rates(rates, costs),
    )


def _interval(time: Time | None) -> str:
    return format.interval(time) if time and time.interval_s else "no interval"


def _rent(inference: Inference, rates: Rates) -> Amount | None:
    if inference.time is None:
        return None
    return _converted(amount_of_time(inference.time), money.device_time(float(CALLS), rates))


def _converted(amount: Amount, factor: float | None) -> Amount | None:
    return None if factor is None else amount.times(factor)


def _both(power: Amount | None, rent: Amount | None) -> Amount | None:
    """Electricity and device time; None unless both are known: totals compare only if they have the same parts."""
    return None if power is None or rent is None else power.plus(rent)


def _by_time(network: Network, rates: Rates) -> Block:
    """The price of the time of a million inferences, for a network without joules."""
    rows: list[tuple[Cell | str, ...]] = []
    for total in (network.best, *network.totals):
        time = total.whole
        rent = None if time is None else _converted(amount_of_time(time), money.device_time(float(CALLS), rates))
        rows.append((total.implementation, format.time(time), _money(rent)))
    return table(("implementation", "time", f"device time{energy_money.in_currency(rates)}"), "lrr", rows)


def _joules(amount: Amount | None) -> Cell:
    if amount is None:
        return Cell(format.MISSING, look="muted")
    ends = amount.ends
    return Cell(format.joules(amount.value), format.joules_range(amount.value, *ends) if ends else "no range")


def _grams(amount: Amount | None) -> Cell:
    if amount is None:
        return Cell(format.MISSING, look="muted")
    ends = amount.ends
    return Cell(format.grams(amount.value), format.grams_range(amount.value, *ends) if ends else "")


def _money(amount: Amount | None) -> Cell:
    if amount is None:
        return Cell(format.MISSING, look="muted")
    return Cell(format.money(amount.value), format.money_range(*amount.ends) if amount.ends else "")
