"""CSV, JSON and parquet hold every row, sample and joule of a run, and say what the columns mean."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd

from bench.store import runs
from bench.store.column_types import describe
from bench.store.export import csv as csv_format
from bench.store.export import json as json_format
from bench.store.export import parquet
from bench.store.export.content import RunContent
from bench.store.schema import Row, Sample
from bench.store.tables import NAMES


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_csv_has_every_table_with_its_columns(made: RunContent, tmp_path: Path) -> None:
    written = csv_format.write(made, tmp_path / "out")
    assert (written.path, written.rows, written.left_out) == (tmp_path / "out", 5, ())
    for name, kind in NAMES.items():
        assert list(lines(written.path / f"{name}.csv")[0]) == [column.name for column in describe(kind)]
    assert len(lines(written.path / "samples.csv")) == len(made.samples) == 9
    columns = {(line["table"], line["column"]): line for line in lines(written.path / "columns.csv")}
    assert columns["measurements", "time_s"]["unit"] == "s"
    assert len(columns) == sum(len(describe(kind)) for kind in NAMES.values())


def test_a_csv_cell_is_exact_and_a_missing_one_is_empty(made: RunContent, tmp_path: Path) -> None:
    csv_format.write(made, tmp_path / "out")
    rows = {(line["implementation"], line["kh"]): line for line in lines(tmp_path / "out" / "measurements.csv")}
    wrong = rows["fft", "1"]
    assert (wrong["status"], wrong["reason"], wrong["time_s"]) == ("wrong", 'error, "large"', "")
    fine = rows["direct", "3"]
    assert float(fine["time_s"]) == 1e-3
    assert json.loads(fine["padding"]) == [1, 1, 1, 1]
    assert json.loads(fine["layers"]) == [{"layer_set": "net", "layer": "conv1", "count": 2}]
    assert (fine["bias"], fine["flags"]) == ("false", "[]")


def test_json_gives_back_rows_and_samples(made: RunContent, tmp_path: Path) -> None:
    written = json_format.write(made, tmp_path / "run.json")
    data = json.loads(written.path.read_text(encoding="utf-8"))
    assert data["run"] == made.meta
    assert tuple(map(Row.from_dict, data["measurements"])) == made.rows
    names, columns = list(data["samples"]), zip(*data["samples"].values(), strict=True)
    samples = [dict(zip(names, values, strict=True)) for values in columns]
    assert tuple(Sample(**{**s, "flags": tuple(s["flags"])}) for s in samples) == made.samples
    assert [column["name"] for column in data["columns"]["energy"]] == list(data["energy"][0])


def test_parquet_is_what_a_run_has_beside_its_journal(run: Path, made: RunContent, tmp_path: Path) -> None:
    runs.write_tables_of(run)
    parquet.write(made, tmp_path / "out")
    for name in NAMES:
        exported = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        pd.testing.assert_frame_equal(exported, pd.read_parquet(run / f"{name}.parquet"))
