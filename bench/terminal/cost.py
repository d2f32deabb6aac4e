"""Shows the cost of a year of a run: its tables, then the paragraph to paste."""

from __future__ import annotations

from bench.report.sections.energy_money import WITHOUT_RATES
from bench.report.year_costs import YearCosts
from bench.terminal import console

# Lines of a table; the rest is in the JSON.
_LINES = 100


def show(found: YearCosts) -> None:
    """Print a table for each way in which energy is known, then the paragraph; names of cases are whole, to copy."""
    for title, table in found.drawn():
        rows = [[cell.text for cell in row] for row in table.rows]
        left = [number for number, letter in enumerate(table.align) if letter == "l"]
        console.print_table(title, table.head, rows[:_LINES], left=left, under_names=True)
        if len(rows) > _LINES:
            console.print_line(f"The first {_LINES} of {len(rows):,} lines; --json has all.")
    if not found.year.rates.given:
        console.print_line(WITHOUT_RATES)
    console.print_line(found.text)


def show_latex(found: YearCosts) -> None:
    """Print the tables in LaTeX, each with its paragraph as caption."""
    console.print_line(found.as_latex())
