"""From how many calls on a plan has paid for itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.rows.delegation import competing
from bench.store.schema import Row
from bench.store.status import Status

# Nobody calls one convolution so often: 10^12 calls of a microsecond are twelve days.
_NEVER_CALLS = 10**12


def with_break_even(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the number of calls from which each is worth its plan.

    The starter is the ok row that has done its first call soonest, by plan_s + time_s, and has 1. Another row pays from
    the least whole n on with plan_s + n · time_s below that of the starter; one that never catches up has None. One
    that only chose another row has what that one has: it is the same plan.
    """
    known = [row for row in rows if row.status is Status.OK and row.plan_s is not None and row.time_s is not None]
    if not known:
        return list(rows)
    runners = competing(known)
    starter = min(runners, key=lambda row: (row.plan_s or 0.0) + (row.time_s or 0.0))
    computing = {row.implementation: row for row in runners}
    return [replace(row, break_even_calls=_break_even_calls(_planned_by(row, computing), starter)) for row in rows]


def _planned_by(row: Row, computing: Mapping[str, Row]) -> Row:
    """The row whose plan it runs: its own, or that of what it chose."""
    if row.time_s is None or row.delegate is None or row.implementation in computing:
        return row
    return computing.get(row.delegate, row)


def _break_even_calls(row: Row, starter: Row) -> int | None:
    if row is starter:
        return 1
    if row.status is not Status.OK or row.plan_s is None or row.time_s is None:
        return None
    assert starter.plan_s is not None
    assert starter.time_s is not None
    gain_s, more_s = starter.time_s - row.time_s, row.plan_s - starter.plan_s
    # Above so many calls a gain is rounding, and a whole number more than a table holds.
    if gain_s <= 0 or more_s >= _NEVER_CALLS * gain_s:
        return None
    return max(1, math.floor(more_s / gain_s) + 1)
