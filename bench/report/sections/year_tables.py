"""The tables of the cost of a year: titles, heads and cells, the same in a terminal and in LaTeX."""

from __future__ import annotations

from bench import format
from bench.cost.amounts import Amount
from bench.cost.rates import Rates
from bench.cost.year import Known, Year
from bench.report.document.blocks import Table, table
from bench.report.findings.joules import EnergyKind
from bench.report.sections.cells import FLAG
from bench.report.sections.energy_money import in_currency, of_given_rates
from bench.report.sections.year_lines import YearLine, YearTable

_HOW = {
    EnergyKind.MEASURED: "measured",
    EnergyKind.MODELLED: "modelled, not measured",
    EnergyKind.BRACKETED: "bracketed, not measured",
    EnergyKind.NONE: "without joules",
}


def counted(number: float, noun: str) -> str:
    """A number of calls, which need not be whole, and its noun: 1,000,000 calls, 0.5 calls, 1 call."""
    return f"{number:,.12g} {noun if number == 1 else noun + 's'}"


def title(one: YearTable, year: Year) -> str:
    """What is called how often where, and how its energy is known."""
    what = f"{counted(year.calls_per_day, 'call')} a day of each case"
    if one.network is not None:
        convolutions = format.count(one.network.convolutions, "convolution")
        what = f"{counted(year.calls_per_day, 'inference')} a day of {one.network.name}, {convolutions} each"
    origin = f" ({one.origin})" if one.origin else ""
    return f"A year of {what}, {one.group.label}: {_HOW[one.kind]}{origin}"


def drawn(one: YearTable, rates: Rates) -> Table:
    """The table; where a line has no joules, with a column for the reason, in short: the text below has it whole."""
    has_reasons = any(line.reason for line in one.lines)
    heads = _heads(one.kind, rates)
    head = ("network" if one.network else "case", one.chosen, "time", *heads, *["why"] * has_reasons)
    rows = [(*_cells(line, rates), *[line.reason.partition(":")[0]] * has_reasons) for line in one.lines]
    return table(head, "ll" + "r" * (1 + len(heads)) + "l" * has_reasons, rows)


def _heads(kind: EnergyKind, rates: Rates) -> tuple[str, ...]:
    """Costs that follow from joules say how these are known; the price of the time does not depend on them."""
    how, unit = "" if kind is EnergyKind.NONE else f", {kind.value}", in_currency(rates)
    costs = (f"kg CO₂e{how}", f"electricity{how}{unit}", f"device time{unit}", f"total{how}{unit}")
    return f"kWh{how}", *of_given_rates(rates, costs)


def _cells(line: YearLine, rates: Rates) -> tuple[str, ...]:
    cost = line.cost
    costs = (_cell(cost.carbon_kg), _cell(cost.electricity), _cell(cost.device_time), _cell(cost.total))
    time = format.time(line.time) + (FLAG if line.flags else "")
    return line.place, line.shown_as or format.MISSING, time, _cell(cost.energy_kwh), *of_given_rates(rates, costs)


def _cell(known: Known | None) -> str:
    """A cost in the unit of its head, with its range; of a bracket both ends, and no value."""
    if known is None:
        return format.MISSING
    return format.bare(known.value, known.ends) if isinstance(known, Amount) else format.bare(None, known)
