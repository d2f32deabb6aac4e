"""Collects the fastest implementation over two axes of the sweep, every other axis at its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.report.findings.cases import GROUP_AXES, Axis
from bench.report.findings.ranking import Ranking, rank
from bench.report.findings.results import Group, Result


@dataclass(frozen=True, slots=True)
class WinnerMap:
    """The ranking of the case at each pair of values (x, y) that was measured in one group."""

    x: Axis
    y: Axis
    group: Group
    cells: Mapping[tuple[str, str], Ranking]

    @property
    def columns(self) -> tuple[str, ...]:
        """The values of x with a case, in order."""
        return tuple(value for value in self.x.ordered if any(x == value for x, _ in self.cells))

    @property
    def rows(self) -> tuple[str, ...]:
        """The values of y with a case, in order."""
        return tuple(value for value in self.y.ordered if any(y == value for _, y in self.cells))


def winner_map(x: Axis, y: Axis, group: Group, results: Sequence[Result], axes: Sequence[Axis]) -> WinnerMap:
    """The map of one group; where two cases have the same two values, the first is kept: a cell never mixes cases."""
    case_at: dict[tuple[str, str], str] = {}
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        for place in _places(x, y, result, axes) if result.group == group else ():
            if case_at.setdefault(place, result.case_key) == result.case_key:
                found.setdefault(place, []).append(result)
    cells = {place: rank(members)[0] for place, members in found.items()}
    return WinnerMap(x, y, group, cells)


def _places(x: Axis, y: Axis, result: Result, axes: Sequence[Axis]) -> Iterator[tuple[str, str]]:
    others = {axis.name: axis.baseline for axis in axes if axis.name not in (x.name, y.name, *GROUP_AXES)}
    places = (
        (point[x.name], point[y.name])
        for point in result.points
        if x.name in point and y.name in point and all(point.get(name, at) == at for name, at in others.items())
    )
    yield from dict.fromkeys(places)
