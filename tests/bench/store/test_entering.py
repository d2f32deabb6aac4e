"""Texts of any length and depth enter a run cut: a page draws them, and every line of a table repeats them."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store.entering import LONGEST_TEXT, checked
from bench.store.samples import from_columns
from bench.store.schema import Row

LONG = "x" * 10_000_000
# Texts of a row, and the one that is long.
PLACES: dict[str, tuple[dict[str, Any], Any]] = {
    "reason": ({"reason": LONG}, lambda row: row["reason"]),
    "points": ({"points": [[{"axis": "kernel", "value": LONG}]]}, lambda row: row["points"][0][0]["value"]),
    "axis": ({"points": [[{"axis": LONG, "value": "3"}]]}, lambda row: row["points"][0][0]["axis"]),
    "layers": ({"layers": [{"layer_set": LONG, "layer": "a", "count": 1}]}, lambda row: row["layers"][0]["layer_set"]),
    "flags": ({"flags": [LONG]}, lambda row: row["flags"][0]),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "read"), PLACES.values(), ids=PLACES)
def test_long_texts_of_a_row_are_cut_at_any_depth(columns: dict[str, Any], read: Any) -> None:
    found = read(checked(Row, columns))
    assert found == f"{LONG[:LONGEST_TEXT]}… (10,000,000 characters)"


def test_long_words_of_samples_are_cut() -> None:
    (sample,) = from_columns({"time_s": [1.0], "flags": [[LONG, "steal"]]})
    assert len(sample.flags[0]) < LONGEST_TEXT + 30
    assert sample.flags[1] == "steal"


def test_an_error_does_not_quote_a_long_text_whole() -> None:
    with pytest.raises(TypeError) as raised:
        from_columns({LONG: [1.0]})
    assert len(str(raised.value)) < LONGEST_TEXT + 30
