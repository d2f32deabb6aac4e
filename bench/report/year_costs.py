"""The cost of a year of a run: its tables, the paragraph that belongs to them, as LaTeX and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cost.amounts import Amount
from bench.cost.rates import Rates
from bench.cost.year import DAYS, Known, Year
from bench.energy.model import SocketPower
from bench.errors import UsageError
from bench.report.document import latex
from bench.report.document.blocks import Table
from bench.report.render import load
from bench.report.sections import year_lines, year_tables, year_text
from bench.report.sections.study import Study
from bench.report.sections.year_lines import YearLine, YearTable
from bench.store.runs import Run


@dataclass(frozen=True, slots=True)
class YearCosts:
    """The tables of a run at so many calls a day; `folder` is that of the run."""

    folder: Path
    year: Year
    study: Study
    tables: tuple[YearTable, ...]

    @property
    def text(self) -> str:
        """What a paper must say beside all tables, in one paragraph."""
        return year_text.text(self.study, self.year, self.tables)

    def drawn(self) -> list[tuple[str, Table]]:
        """Each table with its title."""
        return [(year_tables.title(one, self.year), year_tables.drawn(one, self.year.rates)) for one in self.tables]

    def as_latex(self) -> str:
        """Each table in LaTeX, its caption the paragraph that belongs to it alone."""
        captions = [year_text.text(self.study, self.year, [one]) for one in self.tables]
        drawn = zip(self.drawn(), captions, strict=True)
        return "\n\n".join(latex.tables(table, title, caption) for (title, table), caption in drawn)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, table by table: lines whose energy is known in different ways are in different lists."""
        return {
            "run": str(self.folder),
            "calls_per_day": self.year.calls_per_day,
            "days": DAYS,
            "calls_per_year": self.year.calls,
            "rates": self.year.rates.as_dict(),
            "tables": [_table(one) for one in self.tables],
            "text": self.text,
        }


def of_run(
    folder: Path, calls_per_day: float, rates: Rates, power: SocketPower | None = None, *, every: bool = False
) -> YearCosts:
    """The costs of a run, with given `rates` and `power` in place of its own; of `every` implementation that was timed.

    Without `every` of the one to use in each case, and of networks of the best per layer and the fastest. Raises
    UsageError for a folder without results, and for numbers that are not above 0 or too large.
    """
    return of_loaded(load(folder, rates, power), folder, calls_per_day, every=every)


def of_loaded(run: Run, folder: Path, calls_per_day: float, *, every: bool = False) -> YearCosts:
    """The same of a run with its own rates."""
    study = Study.of(run)
    if not study.results:
        raise UsageError(f"{folder} has no results yet; finish it with: convcost sweep --resume {folder}")
    data = run.meta.get("rates")
    year = Year(calls_per_day, Rates.from_dict(data) if data else Rates())
    return YearCosts(folder, year, study, year_lines.tables(study, year, every=every))


def _table(one: YearTable) -> dict[str, Any]:
    group = one.group
    return {
        "network": one.network.name if one.network else None,
        "convolutions": one.network.convolutions if one.network else None,
        "device": group.device,
        "precision": group.precision,
        "layout": group.layout,
        "threads": group.threads,
        "conditions": group.label,
        "energy": one.kind.value,
        "origin": one.origin or None,
        "chosen": one.chosen,
        "lines": [_line(line) for line in one.lines],
    }


def _line(line: YearLine) -> Mapping[str, Any]:
    time, cost = line.time, line.cost
    return {
        "place": line.place,
        "descriptor": line.descriptor or None,
        "implementation": line.implementation or None,
        "time_s": time.value_s if time else None,
        "time_low_s": time.low_s if time else None,
        "time_high_s": time.high_s if time else None,
        **_known("energy", cost.energy_kwh, "_kwh"),
        **_known("carbon", cost.carbon_kg, "_kg"),
        **_known("electricity", cost.electricity),
        **_known("device_time", cost.device_time),
        **_known("total", cost.total),
        "reason": line.reason or None,
        "flags": list(line.flags),
    }


def _known(name: str, cost: Known | None, unit: str = "") -> dict[str, float | None]:
    """A value and both ends; of a bracket there is no value."""
    value = cost.value if isinstance(cost, Amount) else None
    low, high = (cost.ends if isinstance(cost, Amount) else cost) or (None, None)
    return {f"{name}{unit}": value, f"{name}_low{unit}": low, f"{name}_high{unit}": high}
