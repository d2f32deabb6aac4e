"""Sorts the numbers of a column into bins, for pictures of more points than a reader can tell apart."""

from __future__ import annotations

import base64
import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

# A page draws up to so many points one by one; of more it shows how many are where.
MOST_POINTS = 20_000
# Bins of a column: cells of a picture of some 700 pixels are then as wide as a finger is on a telephone.
BINS = 64
# The code of a missing value; codes are bytes.
MISSING = 255
# Numbers that span more than this factor are binned by their logarithm, as they are drawn.
_WIDE = 30.0


@dataclass(frozen=True, slots=True)
class Bins:
    """The edges of the bins of a column, ascending, and the bin of each value."""

    edges: tuple[float, ...]
    codes: bytes

    def as_dict(self) -> dict[str, object]:
        """The bins as JSON has them: one byte a value, in base 64."""
        return {"edges": list(self.edges), "codes": base64.b64encode(self.codes).decode()}


def bins_of(values: Sequence[float | None], count: int = BINS) -> Bins | None:
    """Bins of equal width, of the logarithm where the values are positive and span much; None without two values."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if not low < high:
        return None
    edges = _edges(low, high, count)
    inner = edges[1:-1]
    codes = bytes(MISSING if value is None else bisect.bisect_right(inner, value) for value in values)
    return Bins(edges, codes)


def _edges(low: float, high: float, count: int) -> tuple[float, ...]:
    steps = [place / count for place in range(1, count)]
    if low > 0 and high / low > _WIDE:
        start, length = math.log(low), math.log(high / low)
        return (low, *(math.exp(start + length * step) for step in steps), high)
    return (low, *(low + (high - low) * step for step in steps), high)
