"""Divides a time budget: which candidates only need a few blocks, and which case needs a further visit.

After the rounds, further visits go to cases whose winner is open, and then to those with the widest interval. Decisions
only, from the rows so far to the next visit; no clock and no worker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.rows.ranking import Verdict, fastest, rank
from bench.rows.standing import WIDEST
from bench.store.schema import Row
from bench.store.status import Status

# The share of the rounds: they show which winners are open, and the rest of the budget goes there.
_FIRST_PASS = 0.5
# A shorter visit after the rounds would be spent on starting, planning and proving, with hardly a sample.
_LEAST_VISIT_S = 0.25
# With fewer contenders than this a visit is shorter: each has this part of its time.
FEW = 3
# A candidate whose ratio to the fastest is above this for sure is a clear loser. Visits differ by 3 %
# (docs/method.md, "Between visits"), so that one can already tell.
_CLEARLY = 1.25


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


def losers(rows: Sequence[Row]) -> tuple[str, ...]:
    """The implementations of one case that are clearly slower than the fastest: more samples would not change that."""
    best = fastest(row for row in rows if width(row) is not None)
    if best is None or best.time_s is None:
        return ()
    return tuple(row.implementation for row in rows if row is not best and _loses(row, best.time_s))


def _loses(row: Row, best_s: float) -> bool:
    if width(row) is None or row.time_s is None:
        return False
    if row.over_best_low is None:
        return row.time_s > WIDEST * best_s
    return row.over_best_low > _CLEARLY


def unsure(rows: Sequence[Row], target_rel_ci: float) -> tuple[str, ...]:
    """The implementations of one case, clear losers left out, with an interval wider than ± `target_rel_ci` or none."""
    lost = losers(rows)
    return tuple(
        row.implementation
        for row in rows
        if row.implementation not in lost and max(width(row) or 0.0, _ratio_width(row)) > target_rel_ci
    )


def to_visit(rows: Sequence[Row], target_rel_ci: float) -> tuple[str, ...]:
    """The implementations of one case to measure again: the unsure ones, against the fastest."""
    wanted = set(unsure(rows, target_rel_ci))
    best = fastest(row for row in rows if width(row) is not None)
    if wanted and best is not None:
        # All others are compared with it, and ratios are paired within blocks.
        wanted.add(best.implementation)
    return tuple(row.implementation for row in rows if row.implementation in wanted)


def neediest(cases: Sequence[Sequence[Row]], target_rel_ci: float) -> int | None:
    """The index of the case to visit again; None if all are narrow enough.

    Cases with an open winner come first; among equals, the first with the widest interval.
    """
    needs = [_need(rows, target_rel_ci) for rows in cases]
    if not needs or max(needs) == (False, 0.0):
        return None
    return needs.index(max(needs))


def _need(rows: Sequence[Row], target_rel_ci: float) -> tuple[bool, float]:
    """Whether the winner of a case is open, and the widest interval of its contenders; 0 if all are narrow enough."""
    named = set(unsure(rows, target_rel_ci))
    if not named:
        return False, 0.0
    contenders = [row for row in rows if row.implementation in named]
    ranking = rank(contenders if len(contenders) > 1 else rows)
    is_open = ranking.verdict in (Verdict.UNDECIDED, Verdict.TIE)
    return is_open, max(max(width(row) or 0.0, _ratio_width(row)) for row in contenders)


def _ratio_width(row: Row) -> float:
    """Half the 95 % interval of the ratio to the fastest over the ratio; 0 without one."""
    if row.over_best is None or row.over_best_low is None or row.over_best_high is None:
        return 0.0
    return (row.over_best_high - row.over_best_low) / (2 * row.over_best)
