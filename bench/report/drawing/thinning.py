"""Leaves out what would stand too close to be seen, so that a page of many thousand cases stays small."""

from __future__ import annotations

import math
from collections.abc import Sequence

# So many points of a mark are all drawn; of more, one at each place of a grid that gets coarser until so few are left.
FEW = 200
_FINEST, _COARSER = 256, 0.8
# A line has at most so many values, and its axis so many labels.
LINE, LABELS = 100, 16

Point = tuple[float, float]


def apart(points: Sequence[Point]) -> list[Point]:
    """The points of one mark on two logarithmic axes: of several at one place only the first."""
    kept, places = list(points), float(_FINEST)
    logs = [(math.log(x), math.log(y)) for x, y in points]
    while len(kept) > FEW:
        steps = [_step([log[axis] for log in logs], places) for axis in (0, 1)]
        found: dict[tuple[int, int], Point] = {}
        for point, (x, y) in zip(points, logs, strict=True):
            found.setdefault((round(x / steps[0]), round(y / steps[1])), point)
        kept, places = list(found.values()), places * _COARSER
    return kept


def spread(count: int, most: int) -> list[int]:
    """At most so many places of `count`, evenly spaced, with the first and the last."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def _step(logs: Sequence[float], places: float) -> float:
    """The width of a place; where all points have one coordinate, any width serves."""
    return (max(logs) - min(logs)) / places or 1.0
