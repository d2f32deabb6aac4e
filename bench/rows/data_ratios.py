"""How much more time other data take than N(0, 1) data: ratios of medians of the same case, which are not paired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.store.schema import Row


@dataclass(frozen=True, slots=True)
class DataRatio:
    """The median time of an implementation on some data over its median time on N(0, 1) data."""

    implementation: str
    data: str
    ratio: float


def data_ratios(cases: Iterable[Sequence[Row]]) -> dict[tuple[str, ...], list[DataRatio]]:
    """The ratios of each case (its descriptor, precision, layout and device) that was measured on N(0, 1) data too.

    Rows of an implementation that only chose another are left out: on other data it has the same choice.
    """
    timed = [row for rows in cases for row in rows if row.time_s is not None and row.delegate is None]
    normal = {(_case(row), row.implementation): row.time_s for row in timed if not row.data_label}
    found: dict[tuple[str, ...], list[DataRatio]] = {}
    for row in timed:
        before = normal.get((_case(row), row.implementation))
        if row.data_label and before and row.time_s is not None:
            ratio = DataRatio(row.implementation, row.data_label, row.time_s / before)
            found.setdefault(_case(row), []).append(ratio)
    return found


def _case(row: Row) -> tuple[str, ...]:
    """The conditions that two times on different data must share."""
    bias = "bias" if row.bias else "no bias"
    return row.descriptor, bias, row.precision, row.layout, row.device, str(row.threads), row.cache, row.tuning.key
