"""The sentences on bracketed energy, for the page and the terminal. Draws nothing, so that it loads quickly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench import format
from bench.cost import carbon, money
from bench.cost.rates import Rates
from bench.energy.bracket.classes import SOURCE
from bench.report.findings.joules import BracketedJoules, EnergyKind, RowEnergy
from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result
from bench.report.sections import energy_money
from bench.report.sections.study import Study
from bench.rows.delegation import label as named


def answer(energies: Iterable[RowEnergy]) -> str:
    """The sentence on a device with brackets: the classes of machines, and what brackets cannot tell."""
    labels = dict.fromkeys(energy.bracketed.label for energy in energies if energy.bracketed)
    return (
        f"Bracketed, not measured: time × the power of busy cores of {'; '.join(labels)} ({SOURCE}). "
        "Ratios of implementations are those of their times."
    )


def short(study: Study) -> tuple[str, ...]:
    """A sentence for the first screen on the central case of the first group with brackets; none without any."""
    found = (study.central_with(group, EnergyKind.BRACKETED) for group in study.groups)
    return tuple(_short(study, times) for times in found if times is not None)[:1]


def with_brackets(study: Study, results: Iterable[Result]) -> Iterator[tuple[Result, BracketedJoules]]:
    """The results with bracketed joules, in their order."""
    for result in results:
        if known := study.energy_of(result).bracketed:
            yield result, known


def _short(study: Study, times: Ranking) -> str:
    # Of those that compete: what is faster than possible, say, comes last.
    result, known = next(with_brackets(study, (*times.order, *times.timed)))
    rates, energy = energy_money.rates_of(study) or Rates(), known.energy_j
    grams = carbon.grams_range_per_million_calls(energy, rates.grid, rates.pue)
    price = money.electricity_range_per_million_calls(energy, rates)
    costs = [f"{format.grams_between(*grams)} CO₂e"] if grams else []
    costs += [f"{energy_money.amount_between(price, rates)} of electricity"] if price else []
    where = "" if study.has_one_group else f", {result.group.label}"
    many = f"; a million such calls {' and '.join(costs)}" if costs else ""
    return (
        f"Energy is bracketed, not measured: {format.joules_between(energy.low, energy.high)} a call of "
        f"{named(result)} on {result.descriptor}{where}{many} ({known.label})."
    )
