"""The ratios of a duet: for each row and each pair of processes, the median logarithm over their visits.

The n-th visits of both sides to a case are seconds apart, so what slows the machine meets both and cancels in their
ratio; of a visit that was disturbed all the same, the median takes no notice. Visits of one pair of processes share
their memory layout, so the pair is the unit of statistics, as the process is elsewhere (T. Kalibera, R. Jones,
"Rigorous Benchmarking in Reasonable Time", ISMM 2013).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import InfrastructureError, UsageError
from bench.store import journal

# The case and the implementation.
_Row = tuple[str, str]
# The processes of both sides.
_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PairedLogs:
    """Logarithms of B's time over A's: pairs × rows, NaN where a pair did not measure a row.

    `pairs` are the processes of A and B by number, in the order in which they measured.
    """

    rows: tuple[_Row, ...]
    pairs: tuple[_Pair, ...]
    logs: np.ndarray

    def of(self, rows: Collection[_Row]) -> PairedLogs:
        """The same of some rows."""
        places = [place for place, row in enumerate(self.rows) if row in set(rows)]
        return PairedLogs(tuple(self.rows[place] for place in places), self.pairs, self.logs[:, places])


def read(a: Path, b: Path) -> PairedLogs:
    """The ratios of the two runs of a duet, from their journals.

    Raises UsageError if no visit of both sides timed a row, InfrastructureError for damage.
    """
    first, second = (_visits(folder) for folder in (a, b))
    found: dict[_Row, dict[_Pair, list[float]]] = {}
    for key, visits in first.items():
        # Visits end in pairs; a side that was interrupted has one more.
        for one, other in zip(visits, second.get(key, ()), strict=False):
            for name in one.keys() & other.keys():
                pair = one[name][0], other[name][0]
                found.setdefault((key, name), {}).setdefault(pair, []).append(math.log(other[name][1] / one[name][1]))
    if not found:
        raise UsageError(f"{a} and {b} have no visit that timed a row on both sides; measure longer, or see their rows")
    pairs = sorted({pair for by_pair in found.values() for pair in by_pair})
    rows = sorted(found)
    logs = np.full((len(pairs), len(rows)), np.nan)
    place = {pair: number for number, pair in enumerate(pairs)}
    for column, row in enumerate(rows):
        for pair, values in found[row].items():
            logs[place[pair], column] = statistics.median(values)
    return PairedLogs(tuple(rows), tuple(pairs), logs)


def _visits(folder: Path) -> dict[str, list[dict[str, tuple[int, float]]]]:
    """By case, its visits in order: by implementation, the process and the median time in seconds."""
    found: dict[str, list[dict[str, tuple[int, float]]]] = {}
    for number, record in enumerate(journal.records(folder), 1):
        if "rows" not in record:
            continue
        try:
            taken = {name: _median(columns) for name, columns in record["samples"].items()}
            found.setdefault(record["key"], []).append({name: one for name, one in taken.items() if one is not None})
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InfrastructureError(f"{journal.file_of(folder)}, record {number} is damaged: {error!r}") from error
    return found


def _median(columns: Mapping[str, Sequence[Any]]) -> tuple[int, float] | None:
    """The process of a visit and its median time; None where the clock was too coarse for any."""
    times = [time_s for time_s in columns["time_s"] if time_s > 0]
    return (int(columns["process"][0]), statistics.median(times)) if times else None
