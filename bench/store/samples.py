"""Samples by column, in the journal and in the messages of a worker: each column's name once, then its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from bench.store.schema import Sample
from bench.store.status import joined, separated

# By implementation, in the order measured.
Samples = dict[str, list[Sample]]
Columns = dict[str, list[Any]]

# The journal has these two once for a whole list of samples.
_ONCE = ("case_key", "implementation")
_COLUMNS = {f.name: f.default for f in fields(Sample) if f.name not in _ONCE}


def to_columns(samples: Sequence[Sample]) -> Columns:
    """Samples by column, without the columns that are null in all of them."""
    columns = {name: [getattr(sample, name) for sample in samples] for name in _COLUMNS}
    columns["flags"] = [joined(flags) for flags in columns["flags"]]
    return {name: values for name, values in columns.items() if any(value is not None for value in values)}


def from_columns(columns: Mapping[str, Sequence[Any]]) -> list[Sample]:
    """The inverse of `to_columns`: a column that is missing has its default.

    Raises TypeError for an unknown column, ValueError for columns of different lengths.
    """
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [Sample(**{**row, "flags": separated(row.get("flags"))}) for row in rows]
