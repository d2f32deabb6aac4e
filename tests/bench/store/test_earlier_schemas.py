"""Rows and samples of schema 1: read as those of schema 2."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store import earlier_schemas
from bench.store.column_types import AxisValue, LayerPlace
from bench.store.schema import Row
from bench.store.status import Flag

SCHEMA_1_5: dict[str, Any] = {
    "case_key": "k", "descriptor": "mb1ic64ih56oc32kh3sh2ph1", "bias": True, "status": "ok",
    "points": '[{"kernel": "3", "stride": "2"}, {"kernel": "3"}]', "layers": '[["net", "conv1", 4]]',
    "flags": "noisy,few-blocks", "time_s": 0.5,
}  # fmt: skip


def test_text_of_schema_1_becomes_lists_and_sizes() -> None:
    row = Row.from_dict(earlier_schemas.row(SCHEMA_1_5))
    kernel = AxisValue("kernel", "3")
    assert row.points == ((kernel, AxisValue("stride", "2")), (kernel,))
    assert row.layers == (LayerPlace("net", "conv1", 4),)
    assert row.flags == (Flag.NOISY, Flag.FEW_BLOCKS)
    assert (row.batch, row.ic, row.oc, row.ih, row.iw, row.oh, row.kh, row.groups) == (1, 64, 32, 56, 56, 28, 3, 1)
    assert (row.stride, row.padding, row.dilation, row.bias) == ((2, 2), (1, 1, 1, 1), (1, 1), True)
    assert (row.case_key, row.descriptor, row.time_s) == ("k", "mb1ic64ih56oc32kh3sh2ph1", 0.5)


@pytest.mark.parametrize("record", [{"flags": "", "points": "[]", "layers": "[]"}, {"flags": None}, {}])
def test_empty_and_missing_text_is_an_empty_list(record: dict[str, Any]) -> None:
    row = Row.from_dict(earlier_schemas.row({"status": "ok", **record}))
    assert (row.flags, row.points, row.layers) == ((), (), ())


def test_a_row_of_schema_2_is_as_it_was() -> None:
    record = Row.from_dict(earlier_schemas.row(SCHEMA_1_5)).as_record()
    assert earlier_schemas.row(record) is record


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"points": "{"}, "Expecting property name"),
        ({"layers": '[["net"]]'}, "argument 2 is shorter"),
        ({"descriptor": "mb1"}, "ic is missing"),
    ],
)
def test_damaged_text_is_an_error(damage: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        earlier_schemas.row({**SCHEMA_1_5, **damage})
