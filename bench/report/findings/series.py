"""Collects the results along one axis in one group, every other axis at its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.report.findings.cases import GROUP_AXES, THREADS, Axis, fixed_sizes, values_on
from bench.report.findings.ranking import Ranking, rank
from bench.report.findings.results import Group, Result, groups, implementations


@dataclass(frozen=True, slots=True)
class Series:
    """The data of one figure: implementation → axis value → result; `base` is the problem at the baseline."""

    axis: Axis
    group: Group
    base: str
    values: tuple[str, ...]
    results: Mapping[str, Mapping[str, Result]]

    @property
    def timed(self) -> tuple[str, ...]:
        """The implementations with a time somewhere on the axis."""
        return tuple(name for name, row in self.results.items() if any(r.time for r in row.values()))

    def at(self, value: str) -> Ranking:
        """The ranking of the case at this value."""
        (ranking,) = rank(row[value] for row in self.results.values() if value in row)
        return ranking


def series_of(axis: Axis, results: Sequence[Result], axes: Sequence[Axis]) -> tuple[Series, ...]:
    """The series of an axis with two values or more: one per group, or several where the cases differ otherwise."""
    if axis.name == THREADS:
        # On the threads axis a thread count is no part of the group; a GPU has none.
        results = [r for r in results if r.group.threads is not None]
    elif axis.name in GROUP_AXES:
        return ()
    found = []
    for group in dict.fromkeys(_group_on(axis, group) for group in groups(results)):
        placed = [(v, r) for r in results if _group_on(axis, r.group) == group for v in values_on(axis, r, axes)]
        for kept in dict.fromkeys(fixed_sizes(axis, result) for _, result in placed):
            series = _series(axis, group, [(v, r) for v, r in placed if fixed_sizes(axis, r) == kept])
            if len(series.values) > 1:
                found.append(series)
    return tuple(found)


def _group_on(axis: Axis, group: Group) -> Group:
    return replace(group, threads=None) if axis.name == THREADS else group


def _series(axis: Axis, group: Group, placed: Sequence[tuple[str, Result]]) -> Series:
    table: dict[str, dict[str, Result]] = {name: {} for name in implementations(result for _, result in placed)}
    case_at: dict[str, str] = {}
    for value, result in placed:
        # If two cases have one value, the first is kept: a point never mixes cases.
        if case_at.setdefault(value, result.case_key) == result.case_key:
            table[result.implementation][value] = result
    values = tuple(value for value in axis.ordered if value in case_at)
    base = next((r.descriptor for v, r in placed if v == axis.baseline), placed[0][1].descriptor)
    return Series(axis, group, base, values, {name: row for name, row in table.items() if row})
