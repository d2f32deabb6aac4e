"""Leaves out what would stand too close to be seen, so that a page of many thousand cases stays small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# So many points of a mark are all drawn; of more, one at each place of a grid that gets coarser until so few are left.
FEW = 200
_FINEST, _COARSER = 256, 0.8
# A line has at most so many values, and its axis so many labels.
LINE, LABELS = 100, 16

Point = tuple[float, float]


def apart(points: Sequence[Point]) -> list[Point]:
    """The points of one mark on two logarithmic axes: of several at one place only the first."""
    kept, places = np.arange(len(points)), float(_FINEST)
    logs = np.log(np.asarray(points, dtype=np.float64).reshape(-1, 2))
    while len(kept) > FEW:
        # Where all points have one coordinate, any width of a place serves.
        steps = [float(np.ptp(axis)) / places or 1.0 for axis in logs.T]
        across, up = np.rint(logs / steps).astype(np.int64).T
        _, first = np.unique(across * (int(np.ptp(up)) + 1) + up, return_index=True)
        kept, places = np.sort(first), places * _COARSER
    return [points[at] for at in kept.tolist()]


def spread(count: int, most: int) -> list[int]:
    """At most so many places of `count`, evenly spaced, with the first and the last."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def stretches(count: int) -> list[range]:
    """The places of `count` in at most FEW stretches of one length: each place alone where they are few."""
    length = -(-count // FEW) or 1
    return [range(start, min(start + length, count)) for start in range(0, count, length)]
