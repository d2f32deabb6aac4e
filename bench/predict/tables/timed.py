"""Measured cases of any source, grouped into tables of one subject each; what cannot be fitted together is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import UsageError
from bench.format import count
from bench.predict.tables import units
from impls import Case
from impls.cost_model.cost_table import CostTable, Subject, table_of

# Layers that were measured again differ by more than this only if they are not of one thing; one may be an accident.
_AGAIN, _LEAST_PAIRS = 2.0, 3


@dataclass(frozen=True, slots=True)
class TimedCase:
    """One measured time in seconds, NaN where it is missing, and where it stands.

    `scatter` is the relative half-width of its 95 % interval, NaN where unknown.
    """

    subject: Subject
    case: Case
    time_s: float
    scatter: float
    label: str


def tables(timed: Sequence[TimedCase]) -> dict[Subject, CostTable]:
    """A table for each subject, with lines or families as units.

    Raises UsageError for rows that contradict each other.
    """
    found: dict[Subject, list[TimedCase]] = {}
    for one in timed:
        found.setdefault(one.subject, []).append(one)
    return {subject: _table(subject, rows) for subject, rows in found.items()}


def _table(subject: Subject, rows: Sequence[TimedCase]) -> CostTable:
    table = table_of(
        subject,
        [row.case for row in rows],
        [row.time_s for row in rows],
        [row.scatter for row in rows],
        [row.label for row in rows],
    )
    _require_one_thing(table)
    return units.with_units(table)


def _require_one_thing(table: CostTable) -> None:
    """Raise UsageError if the same layers have times that differ too much to be of one device, data and threads."""
    usable = np.isfinite(table.time_s) & (table.time_s > 0)
    keys = np.column_stack([table.sizes, table.is_nhwc])[usable]
    if not len(keys):
        return
    place = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    rows, time_s = np.flatnonzero(usable), table.time_s[usable]
    again = [rows[place == layer] for layer in np.flatnonzero(np.bincount(place) > 1)]
    far = [pair for pair in again if np.ptp(np.log(table.time_s[pair])) > np.log(_AGAIN)]
    if len(far) < _LEAST_PAIRS or 2 * len(far) < len(again):
        return
    labels = ", ".join(table.labels[row] for row in far[0])
    raise UsageError(
        f"{count(len(far), 'layer')} of {len(again)} that stand in the table more than once have times over "
        f"{_AGAIN:g} × apart (the first: {labels}; {time_s.min():.3g} to {time_s.max():.3g} s in all): devices, "
        "threads or data are mixed; allowed: one of each, or columns device, threads, data that tell them apart"
    )
