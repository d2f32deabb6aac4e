"""The data of a figure are what it draws, and its lines can be told apart in grey."""

from __future__ import annotations

import math
from itertools import groupby

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.report.document.drawings import Drawing
from bench.report.drawing import axis_lines
from bench.report.drawing.marks import marks_for
from bench.report.findings.cases import axes_of
from bench.report.findings.results import read
from bench.report.findings.series import Series, series_of
from tests.bench.report.drawing.drawn import points_of
from tests.bench.report.synthetic_run import AXES, make_run, ok, points, whole_sweep


def series(axis: str) -> Series:
    run = whole_sweep()
    results = read(run.measurements)
    axes = axes_of(run.meta, results)
    return series_of(next(one for one in axes if one.name == axis), results, axes)[0]


def drawn(drawing: Drawing) -> Axes:
    axes = Figure().add_subplot()
    drawing.draw(axes)
    return axes


def named(axes: Axes) -> list[Line2D]:
    return [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("what", ["times", "rates"])
def test_the_data_are_what_is_drawn(axis: str, what: str) -> None:
    along = series(axis)
    make = axis_lines.times if what == "times" else axis_lines.rates
    drawing = make(along, marks_for(along.results)).drawing
    axes = drawn(drawing)
    assert drawing.data is not None
    by_name = {name: list(rows) for name, rows in groupby(drawing.data.rows, key=lambda row: row[0])}
    lines = {line.get_label(): [y for _, y in points_of(line) if not math.isnan(y)] for line in named(axes)}
    assert lines == {name: [row[2] for row in rows] for name, rows in by_name.items()}
    bars = sorted(tuple(segment[:, 1]) for lines_ in axes.collections for segment in lines_.get_segments())  # type: ignore[attr-defined]
    assert bars == sorted(row[3:] for row in drawing.data.rows if row[3] is not None)


def test_every_line_has_a_look_of_its_own_in_grey() -> None:
    along = series("kernel")
    lines = named(drawn(axis_lines.times(along, marks_for(along.results)).drawing))
    looks = {(line.get_marker(), line.get_markerfacecolor() == "none", str(line._dash_pattern)) for line in lines}  # type: ignore[attr-defined]
    assert len(looks) == len(lines) == len(along.timed)


def test_a_word_axis_has_its_words_in_the_data_and_a_number_its_number() -> None:
    for axis, kind in (("padding", str), ("kernel", float)):
        along = series(axis)
        data = axis_lines.times(along, marks_for(along.results)).drawing.data
        assert data is not None
        assert data.columns[:2] == ("implementation", axis)
        assert all(isinstance(row[1], kind) for row in data.rows)


def test_a_time_without_an_interval_has_no_ends() -> None:
    rows = [ok(k, "torch", 1e-3, points=points({"kernel": k}), descriptor=f"mb1ic8ih8oc8kh{k}") for k in "31"]
    run = make_run(rows, axes={"kernel": ["3", "1"]})
    results = read(run.measurements)
    axes = axes_of(run.meta, results)
    (along,) = series_of(axes[0], results, axes)
    data = axis_lines.times(along, marks_for(along.results)).drawing.data
    assert data is not None
    assert data.rows == (("torch", 1.0, 1e-3, None, None), ("torch", 3.0, 1e-3, None, None))
