"""Decides which candidates of a case are held in memory, and so timed, together."""

from __future__ import annotations

from collections.abc import Mapping

from bench.format import byte_count
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


def pair_bytes(one: Demand, other: Demand) -> int:
    """The most bytes of two candidates held together, without what the candidates of a case share."""
    return one.kept + other.kept + max(one.passing, other.passing)


def fit_together(one: Demand, other: Demand, case: Case) -> bool:
    """Whether two candidates fit in memory together.

    The limit is the usable memory and not `plans_bytes`: a plan larger than that could never be paired.
    """
    return shared_bytes(case) + pair_bytes(one, other) <= device_bytes(case.device)


def why_not_in_first(demands: Mapping[str, Demand], case: Case) -> dict[str, str]:
    """The reason for each candidate outside the first group: the usable memory, or the limit of its plans."""
    first, *others = groups_of(demands, case) or [()]
    kept = sum(demands[name].kept for name in first)
    passing = max((demands[name].passing for name in first), default=0)
    usable, most_plans = device_bytes(case.device) - shared_bytes(case), plans_bytes(case.device)
    reasons = {}
    for (name,) in others:
        own = demands[name]
        if kept + own.kept + max(passing, own.passing) > usable:
            reasons[name] = "its plan does not fit in memory beside those of the others"
        else:
            reasons[name] = (
                f"with its plan of {byte_count(own.plan)}, the plans held at once would exceed their limit of "
                f"{byte_count(most_plans)}; measure it alone: -i {name}"
            )
    return reasons
