"""Finds the lines of the cost of a year: cases and networks of a run, apart by how their energy is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.cost.amounts import Amount
from bench.cost.year import Year, YearCost
from bench.energy.bracket.ranges import Range
from bench.report.findings.cases import label
from bench.report.findings.joule_ranking import is_ranked
from bench.report.findings.joules import EnergyKind
from bench.report.findings.network_brackets import BracketedInference, bracket_of
from bench.report.findings.network_joules import (
    Inference,
    amount_of_joules,
    amount_of_time,
    joules_of,
    modelled_amount,
)
from bench.report.findings.networks import BEST, Network
from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Group, Result, Time
from bench.report.sections.network_words import UNSUMMED, is_busy, why_no_joules
from bench.report.sections.study import Study
from bench.rows.delegation import label as named
from bench.rows.leader import leader
from bench.rows.undecided import TOOK_LEAST

USE, EVERY = "use", "implementation"
# Of measured rows: memory alone is not what a call costs, and the platform's counter holds it all twice.
_OTHER_SCOPES = "neither a package nor a board was measured"


@dataclass(frozen=True, slots=True)
class YearLine:
    """The cost of one case or network by one implementation; `reason` says why joules are missing, else it is empty.

    `flags` are warnings about the time and the joules.
    """

    place: str
    descriptor: str
    implementation: str
    shown_as: str
    time: Time | None
    cost: YearCost
    reason: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class YearTable:
    """Lines of one group whose energy is known in one way: no other kind is in the same table.

    `origin` is the meter, or the class of machines of a bracket with their number. `chosen` is the head of the column
    of implementations: those to use, those that took the least time on a busy machine, or every one. `network` is None
    for cases.
    """

    group: Group
    kind: EnergyKind
    origin: str
    chosen: str
    lines: tuple[YearLine, ...]
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class _Joules:
    """The joules of one call, and how they are known; None with a reason."""

    kind: EnergyKind
    origin: str = ""
    energy_j: Amount | Range | None = None
    reason: str = ""
    flags: tuple[str, ...] = ()


def tables(study: Study, year: Year, *, every: bool = False) -> tuple[YearTable, ...]:
    """The cases of each group by the implementation to use, or by `every` timed one; then the networks."""
    cases = (table for group in study.groups for table in _of_cases(study, group, year, every))
    networks = (table for network in study.networks for table in _of_network(study, network, year, every))
    return (*cases, *networks)


def _of_cases(study: Study, group: Group, year: Year, every: bool) -> Iterator[YearTable]:
    busy = study.is_busy(group)
    found: dict[tuple[EnergyKind, str], list[YearLine]] = {}
    for ranking in study.ranked(group):
        for result in _chosen(ranking, busy, every):
            joules = _joules(study, result)
            found.setdefault((joules.kind, joules.origin), []).append(_line(study, result, joules, year))
        if not (ranking.order or (every and ranking.timed)):
            found.setdefault((EnergyKind.NONE, ""), []).append(_untimed(study, ranking))
    chosen = EVERY if every else TOOK_LEAST if busy else USE
    for (kind, origin), lines in sorted(found.items(), key=_in_order):
        yield YearTable(group, kind, origin, chosen, tuple(lines))


def _in_order(found: tuple[tuple[EnergyKind, str], list[YearLine]]) -> int:
    """Measured, modelled, bracketed, none."""
    (kind, _), _ = found
    return list(EnergyKind).index(kind)


def _chosen(ranking: Ranking, busy: bool, every: bool) -> Sequence[Result]:
    if every:
        return ranking.timed
    return (leader(ranking, is_busy=busy),) if ranking.order else ()


def _joules(study: Study, result: Result) -> _Joules:
    """The joules of a timed row: measured ones are gross, as a bill is."""
    energy = study.energy_of(result)
    for figure in energy.measured:
        if is_ranked(figure) and figure.gross is not None:
            joules = amount_of_joules(figure.gross)
            return _Joules(EnergyKind.MEASURED, figure.source.label, joules, flags=figure.flags)
    if energy.measured:
        return _Joules(EnergyKind.NONE, reason=_OTHER_SCOPES)
    if energy.modelled is not None:
        return _Joules(EnergyKind.MODELLED, "", modelled_amount(result, energy))
    if energy.bracketed is not None:
        return _Joules(EnergyKind.BRACKETED, energy.bracketed.label, energy.bracketed.energy_j)
    return _Joules(EnergyKind.NONE, reason=energy.reason)


def _line(study: Study, result: Result, joules: _Joules, year: Year) -> YearLine:
    return YearLine(
        label(result, study.axes),
        result.descriptor,
        result.implementation,
        named(result),
        result.time,
        year.cost(joules.energy_j, _seconds(result.time)),
        joules.reason,
        (*map(str, result.flags), *joules.flags),
    )


def _untimed(study: Study, ranking: Ranking) -> YearLine:
    """The line of a case without an implementation to use."""
    case = ranking.results[0]
    reason = "no implementation that was timed may win" if ranking.timed else "nothing was timed"
    return YearLine(label(case, study.axes), case.descriptor, "", "", None, YearCost(), reason)


def _of_network(study: Study, network: Network, year: Year, every: bool) -> Iterator[YearTable]:
    """A table for each kind of joules; without any, one with the reasons."""
    chosen = EVERY if every else USE
    if is_busy(study, network):
        line = YearLine(network.name, "", "", "", None, YearCost(), UNSUMMED.rstrip("."))
        yield YearTable(network.group, EnergyKind.NONE, "", chosen, (line,), network)
        return
    names = _names(network, every)
    known: list[tuple[EnergyKind, str, Iterable[Inference | BracketedInference]]] = [
        (EnergyKind.MEASURED, found.source.label, found.inferences)
        if found.source
        else (EnergyKind.MODELLED, "", found.inferences)
        for found in joules_of(network, study.energy_of)
    ]
    if bracket := bracket_of(network, study.energy_of):
        known.append((EnergyKind.BRACKETED, bracket.label, bracket.inferences))
    for kind, origin, inferences in known:
        lines = [_inference(network, one, year) for one in inferences if one.implementation in names]
        yield YearTable(network.group, kind, origin, chosen, tuple(lines), network)
    if not known:
        yield YearTable(
            network.group, EnergyKind.NONE, "", chosen, tuple(_without(study, network, year, names)), network
        )


def _names(network: Network, every: bool) -> tuple[str, ...]:
    """The best per layer, where that is a mixture, and the fastest that covers all layers; or all."""
    if every:
        return (BEST, *(total.implementation for total in network.totals))
    fastest = tuple(total.implementation for total in network.ranking.order[:1])
    return (BEST, *fastest) if len(network.best_counts) > 1 or not fastest else fastest


def _inference(network: Network, one: Inference | BracketedInference, year: Year) -> YearLine:
    cost = year.cost(one.energy, _seconds(one.time))
    return YearLine(network.name, "", one.implementation, one.implementation, one.time, cost, why_no_joules(one))


def _without(study: Study, network: Network, year: Year, names: Sequence[str]) -> Iterator[YearLine]:
    """The lines of a network without any joule: the price of the time, and why nothing else is known."""
    timed = [result for result in network.results if result.time]
    reason = "; ".join(dict.fromkeys(_joules(study, result).reason for result in timed)) or "nothing was timed"
    for total in (network.best, *network.totals):
        if total.implementation in names:
            cost = year.cost(None, _seconds(total.whole))
            yield YearLine(network.name, "", total.implementation, total.implementation, total.whole, cost, reason)


def _seconds(time: Time | None) -> Amount | None:
    return None if time is None else amount_of_time(time)
