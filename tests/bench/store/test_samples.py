"""Samples by column: a round trip, and columns that are left out where all values are null."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.store.samples import from_columns, to_columns
from bench.store.schema import Sample

PLAIN = [Sample(process=0, block=0, time_s=1e-3), Sample(process=1, block=1, time_s=0.0)]
RICH = [
    Sample(process=1, draw=2, block=3, position=4, start_s=0.5, time_s=1e-3, host_s=2e-3, involuntary_switches=0,
           page_faults=7, throttle_reasons=("thermal", "power-cap"), flags=("steal", "probe")),
    Sample(time_s=2e-3),
]  # fmt: skip


@pytest.mark.parametrize("samples", [[], PLAIN, RICH])
def test_samples_survive_columns_and_json(samples: list[Sample]) -> None:
    assert from_columns(json.loads(json.dumps(to_columns(samples), allow_nan=False))) == samples


def test_a_column_of_nulls_is_left_out_and_one_of_zeros_is_kept() -> None:
    columns = to_columns([Sample(page_faults=0), Sample(page_faults=0)])
    assert columns["page_faults"] == [0, 0]
    assert columns["start_s"] == [0.0, 0.0]
    assert columns["flags"] == [[], []]
    assert not {"host_s", "steal_s", "case_key", "implementation"} & columns.keys()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, []),
        ({"time_s": [1.0]}, [Sample(time_s=1.0)]),
        # Schema 1.4 and before: nulls in place of missing columns.
        ({"time_s": [1.0], "host_s": [None]}, [Sample(time_s=1.0)]),
        # Schema 1: words as text.
        (
            {"throttle_reasons": ["", None, "thermal,power-cap"], "flags": ["", "steal", "steal,probe"]},
            [
                Sample(throttle_reasons=()),
                Sample(flags=("steal",)),
                Sample(throttle_reasons=("thermal", "power-cap"), flags=("steal", "probe")),
            ],
        ),
    ],
)
def test_a_missing_column_has_its_default(columns: dict[str, list[Any]], expected: list[Sample]) -> None:
    assert from_columns(columns) == expected


@pytest.mark.parametrize(
    ("columns", "error"), [({"odd": [1]}, TypeError), ({"time_s": [1.0], "block": []}, ValueError)]
)
def test_unknown_columns_and_different_lengths_are_errors(
    columns: dict[str, list[Any]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        from_columns(columns)
