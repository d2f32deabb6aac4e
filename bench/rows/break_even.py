"""Break-even: the number of calls from which a plan has paid for itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.rows.delegation import competing
from bench.store.schema import Row
from bench.store.status import Status

# A break-even above this is "never": 10^12 calls of a microsecond take twelve days.
_NEVER_CALLS = 10**12


def with_break_even(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the number of calls from which each has paid for its plan.

    The starter is the ok row with the least plan_s + time_s: its first call is done soonest, and its number is 1. The
    number of another row is the least whole n with plan_s + n · time_s below that of the starter, None if there is
    none. A row that only chose another has the number of the other: it is the same plan.
    """
    known = [row for row in rows if _costs(row) is not None]
    if not known:
        return list(rows)
    runners = competing(known)
    starter = min(runners, key=lambda row: sum(_costs(row) or ()))
    computing = {row.implementation: row for row in runners}
    return [replace(row, break_even_calls=_break_even_calls(_planned_by(row, computing), starter)) for row in rows]


def _costs(row: Row) -> tuple[float, float] | None:
    """Plan and call in seconds; None unless the row is ok and has both."""
    if row.status is not Status.OK or row.plan_s is None or row.time_s is None:
        return None
    return row.plan_s, row.time_s


def _planned_by(row: Row, computing: Mapping[str, Row]) -> Row:
    """The row that made the plan: this one, or the one that it chose."""
    if row.time_s is None or row.delegate is None or row.implementation in computing:
        return row
    return computing.get(row.delegate, row)


def _break_even_calls(row: Row, starter: Row) -> int | None:
    own, first = _costs(row), _costs(starter)
    if row is starter:
        return 1
    if own is None or first is None:
        return None
    more_s, gain_s = own[0] - first[0], first[1] - own[1]
    # With more calls than this the gain is a rounding error, and the number does not fit a table.
    if gain_s <= 0 or more_s >= _NEVER_CALLS * gain_s:
        return None
    return max(1, math.floor(more_s / gain_s) + 1)
