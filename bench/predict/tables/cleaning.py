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
from impls.cost_model.cost_table import UNNAMED, Bools, CostTable, Floats

# Rows within NEAR of a rate that make a plateau of it, and the rate over it that nothing reaches.
PLATEAU_ROWS, NEAR = 5, 1.15
# Transforms such as Winograd's need fewer products, and their rows gather at a rate of their own.
IMPOSSIBLE = 2.0
_SHOWN = 5
_IMPOSSIBLE = "over twice the MAC/s near which rows of the table gather"


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
    gone, dropped = np.zeros(len(table), dtype=np.bool_), []
    for reason, rows in (*_without_a_time(table).items(), (_IMPOSSIBLE, impossible(table))):
        new = rows & ~gone
        if new.any():
            dropped.append(Dropped(reason, _labels(table, new)))
        gone |= new
    return table.only(~gone), dropped


def with_a_time(table: CostTable) -> CostTable:
    """The rows that have a time, impossible ones among them: what predictors are judged by."""
    return table.only(~np.any(list(_without_a_time(table).values()), axis=0))


def impossible(table: CostTable) -> Bools:
    """The rows whose time no device allows, by the rule above."""
    usable = ~np.any(list(_without_a_time(table).values()), axis=0)
    found = np.zeros(len(table), dtype=np.bool_)
    if table.subject.device == UNNAMED and usable.any():
        rates = table.macs[usable] / table.time_s[usable]
        highest = plateau(rates)
        found[usable] = False if highest is None else rates > IMPOSSIBLE * highest
    return found


def _without_a_time(table: CostTable) -> Mapping[str, Bools]:
    return {
        "time_s is missing or not a number": ~np.isfinite(table.time_s),
        "time_s is zero": table.time_s == 0,
        "time_s is negative": table.time_s < 0,
        "the layer has no products to compute": table.macs <= 0,
    }


def plateau(rates: Floats) -> float | None:
    """The highest rate with PLATEAU_ROWS rows, itself included, at most NEAR below it; None if there is none."""
    ordered = np.sort(rates)
    first = np.searchsorted(ordered, ordered / NEAR)
    crowded = np.arange(len(ordered)) - first + 1 >= PLATEAU_ROWS
    return float(ordered[crowded].max()) if crowded.any() else None


def _labels(table: CostTable, rows: Bools) -> tuple[str, ...]:
    chosen: Sequence[int] = np.flatnonzero(rows).tolist()
    return tuple(table.labels[row] for row in chosen)
