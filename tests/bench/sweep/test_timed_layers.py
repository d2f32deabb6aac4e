"""Tables of layers with times."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.sweep import timed_layers
from impls.cost_model.cost_table import Subject

HEADER = "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups"
ROW = "1,8,10,10,16,3,3,1,same,1,1"


def file(folder: Path, *lines: str) -> Path:
    path = folder / "times.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_times_without_further_columns_are_of_an_unnamed_thing(tmp_path: Path) -> None:
    (one,) = timed_layers.read(file(tmp_path, f"{HEADER},time_s", f"{ROW},0.002"))
    assert (one.subject, one.time_s, one.case.layout) == (Subject(), 0.002, "nchw")
    assert one.case.problem.descriptor == "mb1ic8ih10oc16kh3ph1"
    assert one.label.endswith("times.csv, line 2")


def test_columns_tell_rows_apart(tmp_path: Path) -> None:
    more = "time_s;device;implementation;precision;layout;threads;data".replace(";", ",")
    (one,) = timed_layers.read(file(tmp_path, f"{HEADER},{more}", f"{ROW},1e-3,cpu,fft,fp64,nhwc,4,zeros"))
    assert one.subject == Subject("cpu", "fft", "fp64", 4, "zeros")
    assert (one.case.layout, one.case.precision, one.case.device) == ("nhwc", "fp64", "cpu")


@pytest.mark.parametrize("text", ["", "nan", "NaN", "null"])
def test_a_missing_time_is_missing_and_never_zero(tmp_path: Path, text: str) -> None:
    (one,) = timed_layers.read(file(tmp_path, f"{HEADER},time_s", f"{ROW},{text}"))
    assert math.isnan(one.time_s)


@pytest.mark.parametrize(
    ("header", "row", "sentence"),
    [
        ("time_s", "fast", r"line 2, column 12 \(time_s\): 'fast' is not a number of seconds"),
        ("time_ms", "2", "line 1: the column time_s is missing; it has n, c_in.*needed: seconds in time_s"),
        ("energy_j", "2", "the column energy_j holds joules, which are fitted from a run with a meter only"),
        ("modelled_j", "2", "the column modelled_j holds joules"),
        ("time_s,device", "1,tpu", "line 2: device 'tpu' is unknown; allowed: cpu, cuda"),
        ("time_s,precision", "1,fp8", "line 2: precision 'fp8' is unknown; allowed: fp64"),
        ("time_s,layout", "1,hwcn", "line 2: layout 'hwcn' is unknown .*; allowed: nchw, nhwc"),
        ("time_s,threads", "1,two", "line 2: threads 'two' is not a whole number"),
    ],
)
def test_other_texts_are_refused_with_column_and_row(tmp_path: Path, header: str, row: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        timed_layers.read(file(tmp_path, f"{HEADER},{header}", f"{ROW},{row}"))


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        timed_layers.read(tmp_path / "no.csv")


def test_a_table_that_is_predicted_keeps_every_row(tmp_path: Path) -> None:
    path = file(tmp_path, HEADER, ROW, ROW)
    (one, other) = timed_layers.layers_of([str(path), "lenet-5"], bias=True)
    assert [layer.count for layer in one.layers] == [1, 1]
    assert all(layer.problem.bias for own in (one, other) for layer in own.layers)
