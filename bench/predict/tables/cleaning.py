"""Drops rows whose times no fit may use, and counts them by reason.

- A time that is missing, not a number, zero or negative.
- A time that no device allows: among rows of a device without measured ceilings, one with more than IMPOSSIBLE times
  the MAC/s of the plateau, the highest rate near which several rows lie. Hardware has a ceiling, so that rates gather
  below it; a row far above was measured without waiting for its end. Bytes/s have no such rule: caches have ceilings
  of their own, and rates of rows that are bound by arithmetic gather anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.format import count
from bench.predict.tables.cost_table import UNNAMED, Bools, CostTable, Floats

# Rows within NEAR of a rate that make a plateau of it, and the rate over it that nothing reaches.
PLATEAU_ROWS, NEAR = 5, 1.15
# Transforms such as Winograd's need fewer products, and their rows gather at a rate of their own.
IMPOSSIBLE = 2.0
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that were dropped for one reason, by their labels."""

    reason: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        more = len(self.labels) - _SHOWN
        names = "; ".join(self.labels[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        return f"{count(len(self.labels), 'row')} dropped: {self.reason} ({names})"


def cleaned(table: CostTable) -> tuple[CostTable, list[Dropped]]:
    """The rows that a fit may use, and what was dropped. Units stay those of all rows."""
    bad = {
        "time_s is missing or not a number": ~np.isfinite(table.time_s),
        "time_s is zero": table.time_s == 0,
        "time_s is negative": table.time_s < 0,
        "the layer has no products to compute": table.macs <= 0,
    }
    kept, dropped = _without(table, bad)
    if table.subject.device == UNNAMED and len(kept):
        kept, faster = _without(
            kept,
            {
                "over twice the MAC/s near which rows of the table gather": _above(kept.macs / kept.time_s),
            },
        )
        dropped += faster
    return kept, dropped


def plateau(rates: Floats) -> float | None:
    """The highest rate with PLATEAU_ROWS rows, itself included, at most NEAR below it; None if there is none."""
    ordered = np.sort(rates)
    first = np.searchsorted(ordered, ordered / NEAR)
    crowded = np.arange(len(ordered)) - first + 1 >= PLATEAU_ROWS
    return float(ordered[crowded].max()) if crowded.any() else None


def _above(rates: Floats) -> Bools:
    highest = plateau(rates)
    return np.zeros(len(rates), dtype=np.bool_) if highest is None else rates > IMPOSSIBLE * highest


def _without(table: CostTable, bad: Mapping[str, Bools]) -> tuple[CostTable, list[Dropped]]:
    found, gone = [], np.zeros(len(table), dtype=np.bool_)
    for reason, rows in bad.items():
        new = rows & ~gone
        if new.any():
            found.append(Dropped(reason, _labels(table, new)))
        gone |= new
    return table.only(~gone), found


def _labels(table: CostTable, rows: Bools) -> tuple[str, ...]:
    chosen: Sequence[int] = np.flatnonzero(rows).tolist()
    return tuple(table.labels[row] for row in chosen)
