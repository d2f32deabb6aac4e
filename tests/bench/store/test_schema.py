"""Every column has a meaning; every outcome of the worker has its column."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from bench.store.schema import SCHEMA_VERSION, STATUSES, Row, Sample, describe
from bench.worker.protocol import Outcome


@pytest.mark.parametrize("kind", [Row, Sample])
def test_every_column_has_a_meaning_of_its_own(kind: type[Row] | type[Sample]) -> None:
    described = describe(kind)
    assert [name for name, _, _ in described] == [f.name for f in fields(kind)]
    assert all(meaning for _, _, meaning in described)


@pytest.mark.parametrize("kind", [Row, Sample])
@pytest.mark.parametrize(("suffix", "unit"), [("_s", "s"), ("_bytes", "B"), ("_flops", "FLOP")])
def test_units_are_those_of_the_names(kind: type[Row] | type[Sample], suffix: str, unit: str) -> None:
    for name, stated, _ in describe(kind):
        if name.endswith(suffix):
            assert stated == unit, name


def test_what_the_worker_reports_has_a_column() -> None:
    columns = {f.name for f in fields(Row)}
    assert {f.name for f in fields(Outcome)} - columns == {"samples", "warning"}


def test_what_may_be_missing_is_null_unless_it_is_given() -> None:
    row = Row()
    for f in fields(Row):
        if "None" in str(f.type):
            assert getattr(row, f.name) is None, f.name


def test_a_row_is_json() -> None:
    row = Row(implementation="direct", time_s=0.5)
    assert Row(**json.loads(json.dumps(row.as_dict(), allow_nan=False))) == row


def test_statuses_are_named_in_their_column() -> None:
    (meaning,) = [m for name, _, m in describe(Row) if name == "status"]
    assert all(status in meaning for status in STATUSES)


def test_version_has_two_parts() -> None:
    assert [part.isdigit() for part in SCHEMA_VERSION.split(".")] == [True, True]
