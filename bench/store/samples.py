"""Samples by column, in the journal and in the messages of a worker: each column's name once, then its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from bench.store import earlier_schemas
from bench.store.column_types import plain
from bench.store.entering import check_samples, text
from bench.store.schema import Sample

# By implementation, in the order measured.
Samples = dict[str, list[Sample]]
Columns = dict[str, list[Any]]

# The journal has these two once for a whole list of samples.
_ONCE = ("case_key", "implementation")
_COLUMNS = tuple(f.name for f in fields(Sample) if f.name not in _ONCE)
_LISTS = ("throttle_reasons", "flags")


def to_columns(samples: Sequence[Sample]) -> Columns:
    """Samples by column, without the columns that are null in all of them."""
    columns = {name: [plain(getattr(sample, name)) for sample in samples] for name in _COLUMNS}
    return {name: values for name, values in columns.items() if any(value is not None for value in values)}


def from_columns(columns: Mapping[str, Sequence[Any]]) -> list[Sample]:
    """The inverse of `to_columns`: a column that is missing has its default.

    Raises TypeError for an unknown column, ValueError for columns of different lengths.
    """
    columns = checked(columns)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [Sample(**row) for row in rows]


def checked(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The columns of one list of samples, with lists of words in the form of today.

    Raises TypeError for an unknown column, ValueError for columns of different lengths.
    """
    if unknown := set(columns).difference(_COLUMNS):
        raise TypeError(text(f"unknown columns {', '.join(sorted(unknown))}"))
    check_samples(Sample, {name: values for name, values in columns.items() if name not in _LISTS})
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError("columns of different lengths")
    if None in columns.get("flags", ()):
        raise TypeError("flags are null")
    return {name: [*map(_words, values)] if name in _LISTS else values for name, values in columns.items()}


def _words(value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, (str, list, tuple)) and not value:
        # Most samples have none.
        return ()
    words = tuple(earlier_schemas.words(value))
    if not all(isinstance(word, str) for word in words):
        raise TypeError("flags or reasons are no words")
    # They are in the legends of figures.
    return tuple(map(text, words))
