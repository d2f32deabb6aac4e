"""How much times and ratios scatter between processes, and between the visits of one: measured in a run.

    python -m tests.bench.estimates.measured_split results/RUN

Only implementations count that were timed in every visit to their case. By the mean squares of two stages (G. E. P.
Box, W. G. Hunter, J. S. Hunter, "Statistics for Experimenters", 2nd ed., section 9.3), of logarithms of medians, pooled
over cases and implementations.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.store import visits

# A visit of fewer blocks hardly knows its median.
_LEAST_BLOCKS = 10

# (process, visit) → the logarithm of a median.
Table = Mapping[tuple[int, int], float]


def split(tables: Sequence[Table]) -> tuple[float, float]:
    """The standard deviations between processes and between visits of a process; each table has all its cells."""
    between, within = [], []
    for table in tables:
        processes, numbers = sorted({p for p, _ in table}), sorted({v for _, v in table})
        cells = np.array([[table[p, v] for v in numbers] for p in processes])
        inside = float(cells.var(axis=1, ddof=1).mean())
        within.append(inside)
        between.append(float(cells.mean(axis=1).var(ddof=1)) - inside / len(numbers))
    return math.sqrt(max(0.0, statistics.fmean(between))), math.sqrt(statistics.fmean(within))


def tables_of(folder: Path) -> tuple[list[Table], list[Table]]:
    """The tables of the times of a run, and of its ratios to the fastest, paired within blocks."""
    times: list[Table] = []
    ratios: list[Table] = []
    for case in visits.read(folder).values():
        timed = {row.implementation: row.time_s for row in case.rows if row.time_s is not None}
        if not timed:
            continue
        best = min(timed, key=timed.__getitem__)
        below = {(s.process, s.draw, s.block): s.time_s for s in case.samples.get(best, ())}
        for name in timed:
            own = case.samples.get(name, ())
            times += _whole({(s.process, s.draw, s.block): math.log(s.time_s) for s in own})
            if name != best:
                shared = ((at, s) for s in own if (at := (s.process, s.draw, s.block)) in below)
                ratios += _whole({at: math.log(s.time_s / below[at]) for at, s in shared})
    return times, ratios


def _whole(values: Mapping[tuple[int, int, int], float]) -> Iterator[Table]:
    """The table of some values by process, visit and block, if every process has every visit."""
    cells: dict[tuple[int, int], list[float]] = {}
    for (process, draw, _), value in values.items():
        cells.setdefault((process, draw), []).append(value)
    table = {at: statistics.median(found) for at, found in cells.items() if len(found) >= _LEAST_BLOCKS}
    processes, numbers = {p for p, _ in table}, {v for _, v in table}
    if len(numbers) > 1 and len(processes) > 1 and len(table) == len(processes) * len(numbers):
        yield table


def _print(folder: Path) -> None:
    for name, tables in zip(("times", "ratios to the fastest"), tables_of(folder), strict=True):
        if not tables:
            print(f"{name}: nothing was timed in several visits of several processes")
            continue
        between, within = split(tables)
        print(f"{name} ({len(tables)}): {between:.2%} between processes, {within:.2%} between visits of one")


if __name__ == "__main__":
    _print(Path(sys.argv[1]))
