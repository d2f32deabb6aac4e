"""Records of schema 1 in the form of schema 2.

Schema 1 had no columns for the sizes of a problem, kept points and layers as JSON in text, and lists of words as text
with commas.

Columns that were added since (schema 2.3: brackets of energy; 2.4: the range of joules that are modelled from what was
executed, clock and power) are null in earlier runs: a record without one has its default, and the tables are made anew
from the journal. Up to schema 2.4 run.json had no checksum and lines of the journal were not bound to each other:
bench.store.lines reads both forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.bounds import json_value
from bench.store.column_types import plain, problem_columns
from impls import ConvProblem

_SEPARATOR = ","


def row(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of the journal with the columns of schema 2. Raises ValueError for damaged text."""
    if "batch" in record:
        return record
    found = {**record, "flags": words(record.get("flags"))}
    if points := record.get("points"):
        found["points"] = [
            [{"axis": axis, "value": value} for axis, value in point.items()] for point in json_value(points)
        ]
    if layers := record.get("layers"):
        names = ("layer_set", "layer", "count")
        found["layers"] = [dict(zip(names, layer, strict=True)) for layer in json_value(layers)]
    if descriptor := record.get("descriptor"):
        problem = ConvProblem.parse(descriptor, bias=bool(record.get("bias")))
        found |= {name: plain(value) for name, value in problem_columns(problem).items()}
    return found


def words(value: str | Sequence[str] | None) -> Sequence[str]:
    """A list of words, which schema 1 kept as text with commas."""
    return (value.split(_SEPARATOR) if value else []) if value is None or isinstance(value, str) else value
