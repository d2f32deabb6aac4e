"""A column that a page offers; bench.report.explorer.columns has all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report.explorer.lines import PageLine

# The groups of columns, as the lists of the page show them.
NAME, CASE, COSTS, PLAN, MEMORY, ERROR, WORK = "names", "case", "costs", "plan", "memory", "error", "work"


@dataclass(frozen=True, slots=True)
class Offer:
    """A column: `key` is its name in addresses and CSV files, `label` its name in words, `of` the value of a row.

    `ends` are the keys of both ends of its interval, and such an end says `is_end`. Values of a column `of_case` are
    the same in all rows of a case. `energy` is the kind of joules. A column `is_range` has ends and no value between.
    Without a `meaning` it has that of the column of the same name in the tables of a run.
    """

    key: str
    label: str
    group: str
    of: Callable[[PageLine], object]
    unit: str = ""
    is_text: bool = False
    of_case: bool = False
    ends: tuple[str, str] | None = None
    is_end: bool = False
    is_range: bool = False
    energy: str = ""
    meaning: str = ""
