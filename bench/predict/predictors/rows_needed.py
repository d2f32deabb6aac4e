"""How many rows and units a fit needs, and the columns that must vary."""

from __future__ import annotations

import numpy as np

from bench.errors import UsageError
from bench.format import count
from impls.cost_model.cost_table import CostTable

# With fewer rows constants mean nothing; with fewer lines or families nothing can be said of the next one.
LEAST_ROWS, LEAST_UNITS = 20, 3


def has_rows(table: CostTable) -> bool:
    """Whether a table has enough rows, units, and sizes for a fit."""
    return len(table) >= LEAST_ROWS and len(np.unique(table.units)) >= LEAST_UNITS and bool(np.ptp(table.macs) > 0)


def require_rows(table: CostTable) -> None:
    """Raise UsageError for too few rows or units, and for rows that all have the same amount of work."""
    units = len(np.unique(table.units))
    if len(table) < LEAST_ROWS or units < LEAST_UNITS:
        raise UsageError(
            f"{table.subject} has {count(len(table), 'row')} with times, of {count(units, 'layer')} that differ in "
            f"more than size; allowed: {LEAST_ROWS} rows of {LEAST_UNITS} layers or more; measure more shapes"
        )
    if np.ptp(table.macs) == 0:
        raise UsageError(
            f"{table.subject}: all of {count(len(table), 'row')} have equally many MACs ({table.macs[0]:.0f}), "
            "so nothing says how the time grows; allowed: rows whose sizes differ; measure more shapes"
        )
