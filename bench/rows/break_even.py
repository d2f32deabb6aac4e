"""Break-even: the number of calls from which a plan has paid for itself, with code in files and the first time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.rows.delegation import competing
from bench.rows.trust import is_trusted
from bench.store.schema import Row
from bench.store.status import Status

# A break-even above this is "never": 10^12 calls of a microsecond take twelve days.
_NEVER_CALLS = 10**12

# Seconds before the first call, and seconds of a call.
Costs = tuple[float, float]


def with_break_even(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the numbers of calls from which each has paid for its plan.

    The starter is the ok row with the least plan + call: its first call is done soonest, and its number is 1. The
    number of another row is the least whole n with plan + n · call below that of the starter, None if there is none.
    A row that only delegated, such as that of `auto`, gets the numbers of its delegate, whose plan it runs. One number
    is for code that is in files already, the other for the first time on a machine, when the plan includes compilation.
    That one is None for all rows if one with unknown compilation may be the starter.
    """
    known = [row for row in rows if _cached(row) is not None]
    runners = competing(known)
    computing = {row.implementation: row for row in runners}

    def planned_by(row: Row) -> Row:
        """The row that made the plan: this one, or the one that it chose."""
        chose = _cached(row) is not None and row.delegate is not None and row.implementation not in computing
        return computing.get(row.delegate or "", row) if chose else row

    def first_time(row: Row) -> Costs | None:
        compilation_s, cached = _compilation_s(row, rows), _cached(row)
        return None if cached is None or compilation_s is None else (cached[0] + compilation_s, cached[1])

    def number(row: Row, costs: Callable[[Row], Costs | None], starter: Costs | None) -> int | None:
        return _calls(costs(planned_by(row)), starter)

    trusted = [row for row in runners if is_trusted(row)]
    start, first_start = _starter(trusted, _cached), _starter(trusted, first_time)
    return [
        replace(
            row,
            break_even_calls=number(row, _cached, start),
            break_even_first_time_calls=number(row, first_time, first_start),
        )
        for row in rows
    ]


def _starter(runners: Sequence[Row], costs: Callable[[Row], Costs | None]) -> Costs | None:
    """The least costs of plan and one call; None if a row with unknown costs may have less.

    Its costs with code in files are the least that they can be.
    """
    found = min(filter(None, map(costs, runners)), key=sum, default=None)
    least = [cached for row in runners if costs(row) is None and (cached := _cached(row)) is not None]
    return None if found is None or any(sum(cached) < sum(found) for cached in least) else found


def _cached(row: Row) -> Costs | None:
    """The costs with all code in files; None unless the row is ok and has both."""
    plan_s = row.plan_s if row.plan_cached_s is None else row.plan_cached_s
    if row.status is not Status.OK or plan_s is None or row.time_s is None:
        return None
    return plan_s, row.time_s


def _compilation_s(row: Row, rows: Sequence[Row]) -> float | None:
    """Seconds of compilation at the first use on a machine; None if all code was in files before the run.

    The variants of an algorithm share code, which the first of them compiles: the most of them counts for each.
    """
    if row.jit_s is None:
        # A library compiles unseen, in every process, within its plan and first call.
        return 0.0
    family = (row.algorithm, row.provider)
    shared = (r.jit_s for r in rows if row.algorithm is not None and (r.algorithm, r.provider) == family)
    return max([row.jit_s, *(seconds for seconds in shared if seconds is not None)]) or None


def _calls(own: Costs | None, starter: Costs | None) -> int | None:
    if own is None or starter is None:
        return None
    if own == starter:
        return 1
    more_s, gain_s = own[0] - starter[0], starter[1] - own[1]
    # With more calls than this the gain is a rounding error, and the number does not fit a table.
    if gain_s <= 0 or more_s >= _NEVER_CALLS * gain_s:
        return None
    return max(1, math.floor(more_s / gain_s) + 1)
