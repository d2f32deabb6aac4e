"""Leaves out points that nobody could tell from another one, so that a page of many thousand cases stays small."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Fewer points are all drawn; a picture has about so many places in each direction that an eye can tell apart.
FEW, _PLACES = 500, 200

Point = tuple[float, float]


def apart(points: Sequence[Point]) -> list[Point]:
    """The points of one mark on two logarithmic axes: of several at one place only the first."""
    if len(points) <= FEW:
        return list(points)
    columns = [[math.log(point[axis]) for point in points] for axis in (0, 1)]
    steps = [(max(logs) - min(logs)) / _PLACES or 1.0 for logs in columns]
    kept: dict[tuple[int, int], Point] = {}
    for point, *logs in zip(points, *columns, strict=True):
        kept.setdefault((round(logs[0] / steps[0]), round(logs[1] / steps[1])), point)
    return list(kept.values())
