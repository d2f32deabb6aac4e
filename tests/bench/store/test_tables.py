"""Tables: every column has its declared type, in full, null and empty tables, and lists are lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from bench.store import tables
from bench.store.column_types import AxisValue, LayerPlace, describe, problem_columns
from bench.store.energy_schema import Energy
from bench.store.schema import Row, Sample
from bench.store.status import Flag
from impls import ConvProblem

PROBLEM = ConvProblem.parse("mb4g2ic6ih9iw8oc10kh3kw2sh2ph1pw0dh1", bias=True)
ROW = Row(
    case_key="k", **problem_columns(PROBLEM), flags=(Flag.NOISY, Flag.CLOCK), threads=2, time_s=0.5,
    points=((AxisValue("kernel", "3"), AxisValue("padding", "same")),), layers=(LayerPlace("net", "conv1", 4),),
)  # fmt: skip
LINES: dict[str, list[Any]] = {
    "measurements": [ROW, Row()],
    "samples": [Sample(flags=("steal",), throttle_reasons=("thermal", "power-cap")), Sample()],
    "energy": [Energy(flags=("few-windows", "throttled")), Energy()],
}


def _written(folder: Path, name: str, lines: list[Any]) -> Path:
    tables.write(folder, name, tables.frame(tables.NAMES[name], lines))
    return folder / f"{name}.parquet"


@pytest.mark.parametrize("name", tables.NAMES)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_column_keeps_its_type_when_null_or_empty(tmp_path: Path, name: str, count: int) -> None:
    schema = pq.read_schema(_written(tmp_path, name, LINES[name][-count:] if count else []))
    columns = describe(tables.NAMES[name])
    assert [str(field.type).replace("element: ", "") for field in schema] == [column.type for column in columns]
    assert [field.nullable for field in schema] == [column.is_nullable for column in columns]
    assert schema.metadata[b"convcost_schema"].startswith(b"2.")
    meanings = [(field.metadata[b"unit"].decode(), field.metadata[b"meaning"].decode()) for field in schema]
    assert meanings == [(column.unit, column.meaning) for column in columns]


def test_the_problem_has_columns_of_its_own(tmp_path: Path) -> None:
    table = pd.read_parquet(_written(tmp_path, "measurements", [ROW]))
    (row,) = table.to_dict("records")
    sizes = ("batch", "groups", "ic", "ih", "iw", "oc", "kh", "kw", "oh", "ow")
    assert [row[name] for name in sizes] == [4, 2, 6, 9, 8, 10, 3, 2, *PROBLEM.output_size]
    pairs = [list(row[name]) for name in ("stride", "padding", "dilation")]
    assert pairs == [list(PROBLEM.stride), [side for axis in PROBLEM.padding for side in axis], [2, 1]]
    assert table.stride.str[0].tolist() == [2], "the vertical stride, as columns.md takes it"
    assert row["bias"]


def test_lists_are_lists_and_come_back_through_pandas(tmp_path: Path) -> None:
    file = _written(tmp_path, "measurements", LINES["measurements"])
    first, second = pq.read_table(file).to_pylist()
    assert (first["flags"], second["flags"]) == (["noisy", "clock"], [])
    assert first["points"] == [[{"axis": "kernel", "value": "3"}, {"axis": "padding", "value": "same"}]]
    assert first["layers"] == [{"layer_set": "net", "layer": "conv1", "count": 4}]
    table, again, lists = pd.read_parquet(file), tmp_path / "again.parquet", ["flags", "points", "layers", "padding"]
    assert table["flags"].explode().dropna().tolist() == ["noisy", "clock"]
    assert table["padding"].map(tuple).tolist()[1] == ()
    table.to_parquet(again)
    assert pq.read_table(again, columns=lists).to_pylist() == pq.read_table(file, columns=lists).to_pylist()


@pytest.mark.parametrize(("name", "column"), [("samples", "throttle_reasons"), ("energy", "flags")])
def test_words_are_lists(tmp_path: Path, name: str, column: str) -> None:
    first, second = pq.read_table(_written(tmp_path, name, LINES[name])).column(column).to_pylist()
    assert first == list(getattr(LINES[name][0], column))
    assert second == ([] if column == "flags" else None), "empty is not missing"


def test_a_null_where_none_is_allowed_is_not_written(tmp_path: Path) -> None:
    table = tables.frame(Row, [ROW]).assign(case_key=None)
    with pytest.raises(ValueError, match="case_key"):
        tables.write(tmp_path, "measurements", table)
