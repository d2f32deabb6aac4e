"""The columns of the tables: every one has a meaning, and every field of a worker's outcome has one."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest

from bench.energy.flags import EnergyFlag
from bench.energy.meter import Method
from bench.store.column_types import AxisValue, LayerPlace, describe
from bench.store.energy_schema import Energy
from bench.store.schema import SCHEMA_VERSION, Row, Sample
from bench.store.status import Flag, Status
from bench.timing.evidence import Suspicion
from bench.worker.protocol import Outcome


@pytest.mark.parametrize("kind", [Row, Sample, Energy])
def test_every_column_has_a_meaning(kind: type[Row] | type[Sample] | type[Energy]) -> None:
    described = describe(kind)
    assert [column.name for column in described] == [f.name for f in fields(kind)]
    assert all(column.meaning for column in described)


@pytest.mark.parametrize("kind", [Row, Sample, Energy])
@pytest.mark.parametrize(
    ("suffix", "unit"), [("_s", "s"), ("_bytes", "B"), ("_flops", "FLOP"), ("_mhz", "MHz"), ("_w", "W")]
)
def test_units_are_those_of_the_names(kind: type[Row] | type[Sample] | type[Energy], suffix: str, unit: str) -> None:
    for column in describe(kind):
        if column.name.endswith(suffix):
            assert column.unit == unit, column.name


def test_every_field_of_an_outcome_has_a_column() -> None:
    columns = {f.name for f in fields(Row)}
    assert {f.name for f in fields(Outcome)} - columns == {"samples", "warning"}


def test_optional_columns_are_null_by_default() -> None:
    row = Row()
    for f in fields(Row):
        if "None" in str(f.type):
            assert getattr(row, f.name) is None, f.name


ROWS = [
    Row(implementation="direct", time_s=0.5),
    Row(status=Status.WRONG, reason="off by 3", time_s=0.0, plan_bytes=0),
    Row(flags=(Flag.NOISY, Flag.FEW_BLOCKS), stride=(1, 2), padding=(0, 1, 2, 3), dilation=(1, 1)),
    Row(points=((AxisValue("kernel", "3"),), ()), layers=(LayerPlace("net", "conv1", 4),)),
    Row(gpu_clock_mhz=1200, power_limit_w=300),
]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_survives_json(row: Row) -> None:
    assert Row.from_dict(json.loads(json.dumps(row.as_dict(), allow_nan=False))) == row


@pytest.mark.parametrize("row", ROWS)
def test_a_record_has_no_nulls_and_survives_json(row: Row) -> None:
    record = row.as_record()
    assert None not in record.values()
    assert {**dict.fromkeys(row.as_dict()), **record} == row.as_dict(), "0, false and empty text are kept"
    assert Row.from_dict(json.loads(json.dumps(record, allow_nan=False))) == row


def test_a_status_is_text_and_flags_are_a_list_in_a_table_and_enums_in_a_row() -> None:
    plain = Row(status=Status.TIMEOUT, flags=(Flag.NOISY, Flag.CLOCK)).as_dict()
    assert (type(plain["status"]), plain["status"], plain["flags"]) == (str, "timeout", ["noisy", "clock"])
    row = Row.from_dict(plain)
    assert row.status is Status.TIMEOUT
    assert all(type(flag) is Flag for flag in row.flags)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"status": "odd"}, ValueError),
        ({"status": "ok", "flags": ["odd"]}, ValueError),
        ({"status": "ok", "layers": [{"odd": 1}]}, TypeError),
        ({"status": "ok", "odd": 1}, TypeError),
    ],
)
def test_unknown_values_and_columns_are_errors(record: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match="odd"):
        Row.from_dict(record)


@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        (Row, "status", Status),
        (Row, "flags", Flag),
        (Sample, "flags", Suspicion),
        (Energy, "flags", EnergyFlag),
        (Energy, "method", Method),
    ],
)
def test_every_status_flag_and_method_is_named_in_its_column(
    kind: type[Any], column: str, values: type[StrEnum]
) -> None:
    (meaning,) = [c.meaning for c in describe(kind) if c.name == column]
    assert [value for value in values if value not in meaning] == []


def test_the_version_has_two_parts() -> None:
    assert [part.isdigit() for part in SCHEMA_VERSION.split(".")] == [True, True]
