"""Adds up the joules of one inference of a network: count × joules over its layers, all measured or all modelled."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.cost.amounts import Amount
from bench.report.findings.joule_ranking import is_ranked
from bench.report.findings.joules import JoulesPerCall, MeterSource, RowEnergy
from bench.report.findings.networks import Network
from bench.report.findings.results import Result, Time

EnergyOf = Callable[[Result], RowEnergy]


@dataclass(frozen=True, slots=True)
class Inference:
    """One inference by one implementation, or by the best per layer: its time and its energy, None where unknown.

    `energy` is modelled or, if measured, the gross energy, which includes idle power as a bill does. `net` is measured.
    `known` is the number of convolutions with joules, of `convolutions`.
    """

    implementation: str
    time: Time | None
    energy: Amount | None
    net: Amount | None
    known: int
    convolutions: int


@dataclass(frozen=True, slots=True)
class NetworkJoules:
    """The inferences of a network, the best per layer first; `source` is the meter, None for modelled joules.

    `is_executed` is whether these are modelled from what was executed, not as time × an assumed power.
    """

    source: MeterSource | None
    inferences: tuple[Inference, ...]
    is_executed: bool = False


def joules_of(network: Network, energy_of: EnergyOf) -> tuple[NetworkJoules, ...]:
    """The measured and the modelled joules of a network, apart from each other; neither of them without any joule."""
    energies = [energy_of(result) for layer in network.layers for result in layer.results.values() if result.time]
    # most_common keeps the order of appearance among equals: the meter's first scope.
    sources = Counter(f.source for energy in energies for f in energy.measured if is_ranked(f)).most_common(1)
    kinds: list[MeterSource | None] = [source for source, _ in sources]
    modelled = [energy.modelled for energy in energies if energy.modelled]
    if modelled:
        kinds.append(None)
    # One device has one model.
    is_executed = any(figure.is_executed for figure in modelled)
    return tuple(
        NetworkJoules(kind, tuple(_inferences(network, energy_of, kind)), kind is None and is_executed)
        for kind in kinds
    )


def _inferences(network: Network, energy_of: EnergyOf, source: MeterSource | None) -> Iterable[Inference]:
    fastest = [(layer.count, layer.best) for layer in network.layers]
    yield _inference(network.best.implementation, network.best.whole, fastest, energy_of, source)
    for total in network.totals:
        own = [(layer.count, layer.results.get(total.implementation)) for layer in network.layers]
        yield _inference(total.implementation, total.whole, own, energy_of, source)


def _inference(
    name: str,
    time: Time | None,
    layers: list[tuple[int, Result | None]],
    energy_of: EnergyOf,
    source: MeterSource | None,
) -> Inference:
    timed = [(count, result) for count, result in layers if result is not None and result.time is not None]
    found = [(count, energies) for count, result in timed if (energies := _of_row(result, energy_of, source))]
    known, convolutions = sum(count for count, _ in found), sum(count for count, _ in layers)
    is_whole = time is not None and known == convolutions
    return Inference(
        name,
        time,
        _sum((count, energies["energy"]) for count, energies in found) if is_whole else None,
        _sum((count, energies["net"]) for count, energies in found) if is_whole and source else None,
        known,
        convolutions,
    )


def modelled_amount(result: Result, energy: RowEnergy) -> Amount | None:
    """The modelled joules of one call, None without any. Of time × power the range is that of the time."""
    if energy.modelled is None or result.time is None:
        return None
    value_j, half_j = energy.modelled.value_j, energy.modelled.half_j
    if half_j is not None:
        return Amount(value_j, value_j - half_j, value_j + half_j)
    return amount_of_time(result.time).times(value_j / result.time.value_s)


def _of_row(result: Result, energy_of: EnergyOf, source: MeterSource | None) -> Mapping[str, Amount | None]:
    """The energy of one call, and the net energy if it was measured by this source; empty if neither is known."""
    energy = energy_of(result)
    if source is not None:
        figure = next((figure for figure in energy.measured if figure.source == source), None)
        return {} if figure is None else {"energy": amount_of_joules(figure.gross), "net": amount_of_joules(figure.net)}
    amount = modelled_amount(result, energy)
    return {} if amount is None else {"energy": amount}


def amount_of_time(time: Time) -> Amount:
    """A time with both ends of its 95 % interval."""
    return Amount(time.value_s, time.low_s, time.high_s)


def amount_of_joules(joules: JoulesPerCall | None) -> Amount | None:
    """Joules with both ends of their 95 % interval; None without joules."""
    return None if joules is None else Amount(joules.value_j, *(joules.interval_j or (None, None)))


def _sum(terms: Iterable[tuple[int, Amount | None]]) -> Amount | None:
    """The sum of count × amount, None if a term is unknown. Low ends and high ends add up to a conservative range."""
    scaled = [None if amount is None else amount.times(count) for count, amount in terms]
    amounts = [amount for amount in scaled if amount is not None]
    if not amounts or len(amounts) < len(scaled):
        return None
    ends = [amount.ends for amount in amounts]
    known = [pair for pair in ends if pair is not None]
    value = math.fsum(amount.value for amount in amounts)
    if len(known) < len(ends):
        return Amount(value)
    return Amount(value, math.fsum(low for low, _ in known), math.fsum(high for _, high in known))
