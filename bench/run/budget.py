"""Divides a time budget: a first visit to every case, then further visits to the case with the widest interval.

Decisions only, from the rows so far to the next case; no clock and no worker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.rows.ranking import fastest
from bench.store.schema import Row
from bench.store.status import Status

# The share of the first visits: they show which intervals are widest, and the rest of the budget goes there.
_FIRST_PASS = 0.5
# A shorter visit would be spent on planning and proving, with hardly a sample.
_LEAST_VISIT_S = 0.25


def first_visit_s(budget_s: float | None, cases: int, max_seconds: float) -> float:
    """Seconds for the candidates of one case on the first pass: the same for all cases, at most `max_seconds`."""
    return max_seconds if budget_s is None else min(max_seconds, _FIRST_PASS * budget_s / cases)


def next_visit_s(left_s: float, max_seconds: float) -> float | None:
    """Seconds for one more visit; None if too little time is left."""
    return min(left_s, max_seconds) if left_s >= min(_LEAST_VISIT_S, max_seconds) else None


def width(row: Row) -> float | None:
    """Half the 95 % interval over the time, infinite without an interval; None without a time."""
    if row.status is not Status.OK or row.time_s is None:
        return None
    if row.time_low_s is None or row.time_high_s is None:
        return math.inf
    # A time of 0: the clock is too coarse, and longer measuring does not help.
    return (row.time_high_s - row.time_low_s) / (2 * row.time_s) if row.time_s > 0 else 0.0


def unsure(rows: Sequence[Row], target_rel_ci: float) -> tuple[str, ...]:
    """The implementations of one case with an interval wider than ± `target_rel_ci`, or without one."""
    return tuple(row.implementation for row in rows if (width(row) or 0.0) > target_rel_ci)


def to_visit(rows: Sequence[Row], target_rel_ci: float) -> tuple[str, ...]:
    """The implementations of one case to measure again: the unsure ones, against the fastest."""
    wanted = set(unsure(rows, target_rel_ci))
    best = fastest(row for row in rows if width(row) is not None)
    if wanted and best is not None:
        # All others are compared with it, and ratios are paired within blocks.
        wanted.add(best.implementation)
    return tuple(row.implementation for row in rows if row.implementation in wanted)


def widest(cases: Sequence[Sequence[Row]], target_rel_ci: float) -> int | None:
    """The index of the case to visit again: the first with the widest interval; None if all are narrow enough."""
    widths = [max((width(row) or 0.0 for row in rows), default=0.0) for rows in cases]
    if not widths or max(widths) <= target_rel_ci:
        return None
    return widths.index(max(widths))
