"""Finds who is fastest over two axes of a product sweep, every other axis fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

from bench.report.findings.cases import GROUP_AXES, Axis
from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Group
from bench.rows.ranking import Verdict

# So much of the grid must have a time: the cross of a sweep of one axis at a time has less.
_ENOUGH = 0.6
# A page has at most so many maps of a group.
MOST_MAPS = 8

At = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CrossoverMap:
    """The rankings of one group by the values of two axes; `fixed` are the values of the others."""

    x: Axis
    y: Axis
    group: Group
    fixed: tuple[tuple[str, str], ...]
    xs: tuple[str, ...]
    ys: tuple[str, ...]
    cells: Mapping[At, Ranking]

    def winner(self, at: At) -> str | None:
        """The one that is clearly the fastest, or alone; None in a tie, where it is undecided, and without a time."""
        ranking = self.cells.get(at)
        if ranking is None or ranking.verdict not in (Verdict.CLEAR, Verdict.ALONE):
            return None
        return ranking.order[0].implementation

    @property
    def wins(self) -> dict[str, int]:
        """The number of cells by clear winner, most first."""
        return dict(Counter(name for at in self.cells if (name := self.winner(at))).most_common())

    def count(self, verdict: Verdict) -> int:
        return sum(ranking.verdict is verdict for ranking in self.cells.values())

    def changes_along(self, axis: Axis) -> tuple[int, int]:
        """On how many lines along an axis the clear winner changes, and how many lines have two clear winners."""
        lines = [[(x, y) for x in self.xs] for y in self.ys] if axis is self.x else None
        lines = lines or [[(x, y) for y in self.ys] for x in self.xs]
        found = [[name for at in line if (name := self.winner(at))] for line in lines]
        known = [names for names in found if len(names) > 1]
        return sum(any(a != b for a, b in pairwise(names)) for names in known), len(known)


def maps(axes: Sequence[Axis], rankings: Iterable[Ranking], group: Group) -> tuple[CrossoverMap, ...]:
    """The maps of a group: of its first two axes at every value of a third, of other pairs at the baseline."""
    own = [axis for axis in axes if axis.name not in GROUP_AXES and len(axis.values) > 1]
    ranked = [ranking for ranking in rankings if ranking.group == group and ranking.order]
    found: list[CrossoverMap] = []
    for number, (x, y) in enumerate(combinations(own, 2)):
        others = [axis for axis in own if axis not in (x, y)]
        # All slices of the first pair that has a map; of others only the one at the baseline.
        values = [axis.ordered if not found or number == 0 else (axis.baseline,) for axis in others]
        for at in product(*values):
            fixed = tuple((axis.name, value) for axis, value in zip(others, at, strict=True))
            one = _map(x, y, group, fixed, ranked)
            if one is not None:
                found.append(one)
    return tuple(found[:MOST_MAPS])


def _map(
    x: Axis, y: Axis, group: Group, fixed: tuple[tuple[str, str], ...], ranked: Iterable[Ranking]
) -> CrossoverMap | None:
    """The map, if it is a grid: the cross of a sweep of one axis at a time is none."""
    found = _without_ends(over(x, y, group, fixed, ranked))
    columns, rows, cells = len(found.xs), len(found.ys), len(found.cells)
    is_grid = columns > 1 and rows > 1 and cells >= _ENOUGH * columns * rows
    return found if is_grid and cells > columns + rows - 1 else None


def _without_ends(found: CrossoverMap) -> CrossoverMap:
    """The map without the ends of a cross around a grid: lines of one cell, at the baseline of the other axis."""
    beside = [at for at in found.cells if at[0] != found.x.baseline and at[1] != found.y.baseline]
    xs = _kept(found.xs, {found.x.baseline, *(x for x, _ in beside)})
    ys = _kept(found.ys, {found.y.baseline, *(y for _, y in beside)})
    places = set(product(xs, ys))
    return replace(found, xs=xs, ys=ys, cells={at: ranking for at, ranking in found.cells.items() if at in places})


def _kept(values: Iterable[str], wanted: Set[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value in wanted)


def over(x: Axis, y: Axis, group: Group, fixed: tuple[tuple[str, str], ...], ranked: Iterable[Ranking]) -> CrossoverMap:
    """The map of two axes at the fixed values of others, of the places with a time; `ranked` are of the group."""
    cells: dict[At, Ranking] = {}
    for ranking in ranked:
        for point in ranking.order[0].points:
            if x.name in point and y.name in point and all(point.get(name) == value for name, value in fixed):
                # Where two cases have one place, the first is kept.
                cells.setdefault((point[x.name], point[y.name]), ranking)
    xs, ys = _kept(x.ordered, {at[0] for at in cells}), _kept(y.ordered, {at[1] for at in cells})
    return CrossoverMap(x, y, group, fixed, xs, ys, cells)
