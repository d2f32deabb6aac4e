"""Decides which candidates of a case are held in memory, and so timed, together."""

from __future__ import annotations

from collections.abc import Mapping

from bench.machine.memory import Demand, device_bytes, plans_bytes, shared_bytes
from impls import Case


def groups_of(demands: Mapping[str, Demand], case: Case) -> list[tuple[str, ...]]:
    """The names of candidates in groups; all plans of a group live at once.

    The first group has as many as fit in memory together, beginning with those that need least. Each of the others is a
    group of its own. All are in the order of `demands`.
    """
    usable, most_plans = device_bytes(case.device) - shared_bytes(case), plans_bytes(case.device)
    first: set[str] = set()
    plans = kept = passing = 0
    for name in sorted(demands, key=lambda name: demands[name].kept + demands[name].passing):
        own = demands[name]
        sums = plans + own.plan, kept + own.kept, max(passing, own.passing)
        if not first or (sums[0] <= most_plans and sums[1] + sums[2] <= usable):
            first.add(name)
            plans, kept, passing = sums
    groups = [tuple(name for name in demands if name in first)] if first else []
    return groups + [(name,) for name in demands if name not in first]


def fit_together(one: Demand, other: Demand, case: Case) -> bool:
    """Whether two candidates fit in memory together."""
    needed = shared_bytes(case) + one.kept + other.kept + max(one.passing, other.passing)
    return needed <= device_bytes(case.device)
