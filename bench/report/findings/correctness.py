"""The status of every implementation on every case, as a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.report.findings.results import Group, Result, by_case, implementations
from bench.store.status import Status

# A picture has room for so many cases.
MOST_CASES = 120


@dataclass(frozen=True, slots=True)
class Correctness:
    """The statuses of one group: by implementation, then one for each case in the order measured, None if not run."""

    group: Group
    cases: tuple[Result, ...]
    statuses: Mapping[str, tuple[Status | None, ...]]
    left_out: int

    def count(self, *statuses: Status) -> int:
        return sum(status in statuses for row in self.statuses.values() for status in row)


def correctness(results: Iterable[Result], group: Group) -> Correctness | None:
    """The matrix of a group; None without a result. Of very many cases those with a fault come first."""
    own = [result for result in results if result.group == group]
    rows = list(by_case(own).values())
    if not rows:
        return None
    if len(rows) > MOST_CASES:
        # Sorting is stable: the others stay in the order measured.
        rows.sort(key=lambda members: not any(r.status.is_fault for r in members))
    shown = rows[:MOST_CASES]
    of_case = [{result.implementation: result.status for result in members} for members in shown]
    statuses = {name: tuple(known.get(name) for known in of_case) for name in implementations(own)}
    return Correctness(group, tuple(members[0] for members in shown), statuses, len(rows) - len(shown))
