"""By how much two runs of the same sweep differ, and how wide their intervals are.

Figures of docs/method.md: `python -m tests.bench.estimates.two_runs results/RUN results/RUN`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.estimates.intervals import Ratio
from bench.rows.ratios import NEAR, WIDE
from bench.run.budget import width
from bench.store import visits
from bench.store.schema import Row


def _rows(folder: Path) -> dict[tuple[str, str], Row]:
    cases = visits.read(folder)
    return {(key, row.implementation): row for key, case in cases.items() for row in case.rows if row.time_s}


def _show(name: str, values: Iterable[float]) -> None:
    found = np.array(sorted(values))
    if not len(found):
        print(f"{name}: no row has one")
        return
    print(f"{name}: {np.median(found):.1%} at the median, {np.quantile(found, 0.95):.1%} at the 95th percentile")


def differences(one: dict[tuple[str, str], Row], other: dict[tuple[str, str], Row], column: str) -> list[float]:
    """The moduli of the logarithms of one value over the other, of rows that both runs have."""
    pairs = [(getattr(one[at], column), getattr(other[at], column)) for at in one.keys() & other.keys()]
    return [abs(math.log(a / b)) for a, b in pairs if a and b]


def _widths(rows: Sequence[Row]) -> None:
    wide = sum((width(row) or 0.0) > WIDE for row in rows)
    near = [
        Ratio(row.over_best, row.over_best_low, row.over_best_high)
        for row in rows
        if row.over_best is not None and 1 < row.over_best <= NEAR
    ]
    print(f"{wide} of {len(rows)} times have an interval wider than ± {WIDE:.0%}")
    halves = (half for ratio in near if (half := ratio.rel_half_width) is not None)
    _show(f"half an interval of a ratio up to {NEAR}", halves)


if __name__ == "__main__":
    runs = [_rows(Path(name)) for name in sys.argv[1:]]
    for run in runs:
        _widths(list(run.values()))
    for shown in ("time_s", "time_fast_s", "over_best"):
        _show(f"{shown} differs by", differences(runs[0], runs[1], shown))
