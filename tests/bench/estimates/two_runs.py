"""By how much two runs of the same sweep differ, and how wide their intervals are.

Figures of docs/method.md: `python -m tests.bench.estimates.two_runs results/RUN results/RUN`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.rows.ratios import WIDE
from bench.store import visits
from bench.store.schema import Row

# Of ratios above this one nobody asks for a twentieth.
_NEAR = 1.5


def _rows(folder: Path) -> dict[tuple[str, str], Row]:
    cases = visits.read(folder)
    return {(key, row.implementation): row for key, case in cases.items() for row in case.rows if row.time_s}


def _half(value: float | None, low: float | None, high: float | None) -> float:
    return math.inf if not value or low is None or high is None else (high - low) / (2 * value)


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
    wide = sum(_half(row.time_s, row.time_low_s, row.time_high_s) > WIDE for row in rows)
    near = [row for row in rows if row.over_best is not None and 1 < row.over_best < _NEAR]
    print(f"{wide} of {len(rows)} times have an interval wider than ± {WIDE:.0%}")
    _show(
        "half an interval of a ratio below 1.5", (_half(r.over_best, r.over_best_low, r.over_best_high) for r in near)
    )


if __name__ == "__main__":
    runs = [_rows(Path(name)) for name in sys.argv[1:]]
    for run in runs:
        _widths(list(run.values()))
    for shown in ("time_s", "time_fast_s", "over_best"):
        _show(f"{shown} differs by", differences(runs[0], runs[1], shown))
