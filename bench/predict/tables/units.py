"""Numbers the rows of a table by line: rows of a published or swept line follow each other, and are alike.

Errors within a line are alike: what is said of rows that nobody measured must come from lines left out whole.
"""

from __future__ import annotations

import numpy as np

from impls.cost_model.cost_table import CostTable, Floats, Integers, families

# Fewer rows in a row show no line, and a table with less than this share of its rows in lines is not made of lines.
_LEAST_ROWS = 5
_LEAST_SHARE = 0.8
_MOVING = ("in_channels", "height", "width", "out_channels", "kernel_h")
# Sizes that change together without saying which of them the line is of.
_MANY = 3


def lines(table: CostTable) -> Integers:
    """The line of each row: a new one begins where a size turns round, or where others change than before."""
    values = np.stack([table.size(name) for name in _MOVING], axis=1)
    found, line = np.zeros(len(table), dtype=np.int64), 0
    way: Floats | None = None
    for row in range(1, len(table)):
        step = np.sign(values[row] - values[row - 1])
        if way is not None and _turns(step, way):
            line, way = line + 1, None
        else:
            way = step if way is None else np.where(way == 0, step, way)
        found[row] = line
    return found


def _turns(step: Floats, way: Floats) -> bool:
    moves, moved = step != 0, way != 0
    return bool(np.any(step * way < 0)) or not (
        np.array_equal(moves, moved) or (moves.sum() >= _MANY and moved.sum() >= _MANY)
    )


def has_lines(table: CostTable) -> bool:
    """Whether most rows stand in lines."""
    if len(table) < _LEAST_ROWS:
        return False
    counts = np.bincount(lines(table))
    return bool(counts[counts >= _LEAST_ROWS].sum() >= _LEAST_SHARE * len(table))


def with_units(table: CostTable) -> CostTable:
    """The table with its lines as units where it is made of lines, else with its families."""
    return table.with_units(lines(table) if has_lines(table) else families(table))
