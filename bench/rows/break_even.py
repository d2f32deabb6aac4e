"""Break-even: the number of calls from which a plan has paid for itself, with code in files and the first time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from bench.rows.delegation import competing
from bench.store.schema import Row
from bench.store.status import Status

# A break-even above this is "never": 10^12 calls of a microsecond take twelve days.
_NEVER_CALLS = 10**12


@dataclass(frozen=True, slots=True)
class _Costs:
    """Seconds before the first call, and seconds of a call with the ends of its interval; None without one."""

    plan_s: float
    time_s: float
    low_s: float | None = None
    high_s: float | None = None

    @property
    def first_s(self) -> float:
        """Seconds until the first call is done."""
        return self.plan_s + self.time_s


def with_break_even(rows: Sequence[Row]) -> list[Row]:
    """The rows of one case with the numbers of calls from which each has paid for its plan.

    The starter is the ok row with the least plan + call: its first call is done soonest, and its number is 1. The
    number of another row is the least whole n with plan + n · call below that of the starter, None if there is none.
    A row that only delegated, such as that of `auto`, gets the numbers of its delegate, whose plan it runs. One number
    is for code that is in files already, the other for the first time on a machine, when the plan includes compilation.
    That one is None for all rows if one with unknown compilation may be the starter. Each number has an interval, from
    those of both times: as many calls at the ends that make the gain of a call largest and smallest.
    """
    known = [row for row in rows if _cached(row) is not None]
    runners = competing(known)
    computing = {row.implementation: row for row in runners}

    def planned_by(row: Row) -> Row:
        """The row that made the plan: this one, or the one that it chose."""
        chose = _cached(row) is not None and row.delegate is not None and row.implementation not in computing
        return computing.get(row.delegate or "", row) if chose else row

    def first_time(row: Row) -> _Costs | None:
        compilation_s, cached = _compilation_s(row, rows), _cached(row)
        if cached is None or compilation_s is None:
            return None
        return replace(cached, plan_s=cached.plan_s + compilation_s)

    def numbers(row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, costs, starter in (("", _cached, start), ("_first_time", first_time, first_start)):
            own = costs(planned_by(row))
            found[f"break_even{name}_calls"] = _calls(own, starter)
            low, high = _interval(own, starter)
            found[f"break_even{name}_low_calls"], found[f"break_even{name}_high_calls"] = low, high
        return found

    start, first_start = _starter(runners, _cached), _starter(runners, first_time)
    return [replace(row, **numbers(row)) for row in rows]


def _starter(runners: Sequence[Row], costs: Callable[[Row], _Costs | None]) -> _Costs | None:
    """The least costs of plan and one call; None if a row with unknown costs may have less.

    Its costs with code in files are the least that they can be.
    """
    found = min(filter(None, map(costs, runners)), key=attrgetter("first_s"), default=None)
    least = [cached for row in runners if costs(row) is None and (cached := _cached(row)) is not None]
    return None if found is None or any(cached.first_s < found.first_s for cached in least) else found


def _cached(row: Row) -> _Costs | None:
    """The costs with all code in files; None unless the row is ok and has both."""
    plan_s = row.plan_s if row.plan_cached_s is None else row.plan_cached_s
    if row.status is not Status.OK or plan_s is None or row.time_s is None:
        return None
    return _Costs(plan_s, row.time_s, *(row.interval_s or (None, None)))


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


def _calls(own: _Costs | None, starter: _Costs | None) -> int | None:
    if own is None or starter is None:
        return None
    if own == starter:
        return 1
    return _least_calls(own.plan_s - starter.plan_s, starter.time_s - own.time_s)


def _interval(own: _Costs | None, starter: _Costs | None) -> tuple[int | None, int | None]:
    """The ends of the number of calls; the upper one is None where the plan may never pay, both where it never does.

    Both are None too without an interval of either time.
    """
    if own is None or starter is None:
        return None, None
    if own == starter:
        return 1, 1
    ends = own.low_s, own.high_s, starter.low_s, starter.high_s
    if None in ends:
        return None, None
    own_low_s, own_high_s, starter_low_s, starter_high_s = (end for end in ends if end is not None)
    more_s = own.plan_s - starter.plan_s
    return _least_calls(more_s, starter_high_s - own_low_s), _least_calls(more_s, starter_low_s - own_high_s)


def _least_calls(more_s: float, gain_s: float) -> int | None:
    """The calls from which `gain_s` a call is more than `more_s`; None for never."""
    # With more calls than this the gain is a rounding error, and the number does not fit a table.
    if gain_s <= 0 or more_s >= _NEVER_CALLS * gain_s:
        return None
    return max(1, math.floor(more_s / gain_s) + 1)
