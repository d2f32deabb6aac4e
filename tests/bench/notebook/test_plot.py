"""`bench.plot` draws rows as the page does, on given axes or new ones, and refuses rows that lack what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

import bench
from bench.calibration.value import Calibration, Level, Peak
from bench.report.drawing import axis_lines
from bench.report.findings.series import series_of
from bench.report.sections.study import Study
from bench.store.runs import Run
from tests.bench.report.drawing.drawn import points_of
from tests.bench.report.synthetic_run import fault, make_run, measured, modelled, ok, points, whole_sweep

CPU = "cpu · fp32 · nchw · 2 threads"


@pytest.fixture(autouse=True)
def _without_windows() -> Iterator[None]:
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def sweep() -> Run:
    return whole_sweep()


@pytest.fixture(scope="module")
def rows(sweep: Run) -> pd.DataFrame:
    """The rows of a whole sweep on the CPU, as `bench.load` gives them."""
    frame = sweep.measurements[sweep.measurements["device"] == "cpu"]
    peak = Calibration("cpu", 2, (Peak("fp32", 5e11, "fma"),), (Level("memory", None, 3e10),))
    frame.attrs["convcost"] = {"configuration": sweep.meta["configuration"], "calibration": [peak.to_dict()]}
    return frame


def lines_of(axes: Axes) -> dict[str, list[float]]:
    return {str(line.get_label()): [y for _, y in points_of(line)] for line in axes.get_lines()}


@pytest.mark.parametrize("what", ["time", "rate"])
def test_lines_are_those_of_the_page(sweep: Run, rows: pd.DataFrame, what: str) -> None:
    study = Study.of(sweep)
    kernel = next(axis for axis in study.axes if axis.name == "kernel")
    along = next(one for one in series_of(kernel, study.results, study.axes) if one.group.label == CPU)
    make = axis_lines.times if what == "time" else axis_lines.rates
    page = pyplot.figure().add_subplot()
    make(along, study.marks).drawing.draw(page)
    drawn = getattr(bench.plot, what)(rows, "kernel")
    assert str(lines_of(drawn)) == str(lines_of(page))
    assert drawn.get_title("left") == make(along, study.marks).drawing.title
    legend = drawn.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(along.timed)


def test_given_axes_are_drawn_on_and_returned(rows: pd.DataFrame) -> None:
    _, axes = pyplot.subplots()
    assert bench.plot.time(rows, "stride", ax=axes) is axes
    assert axes.get_xlabel() == "stride"
    assert len(pyplot.get_fignums()) == 1


@pytest.mark.parametrize(
    "draw",
    [
        bench.plot.speedup,
        lambda rows: bench.plot.speedup(rows, over="direct"),
        lambda rows: bench.plot.roofline(rows.assign(compulsory_bytes=10**6)),
        lambda rows: bench.plot.winners(rows, "kernel", "channels"),
    ],
)
def test_other_figures_are_drawn(rows: pd.DataFrame, draw: Callable[[pd.DataFrame], Axes]) -> None:
    axes = draw(rows)
    assert CPU in axes.get_title("left")
    assert axes.get_xlabel()


def test_rows_that_are_left_out_are_not_drawn(rows: pd.DataFrame) -> None:
    axes = bench.plot.time(rows[rows["implementation"].isin(["torch", "direct"])], "kernel")
    assert list(lines_of(axes)) == ["torch", "direct"] or list(lines_of(axes)) == ["direct", "torch"]


def test_several_conditions_want_a_choice(sweep: Run) -> None:
    with pytest.raises(bench.UsageError, match="several conditions, and a figure has one; allowed"):
        bench.plot.time(sweep.measurements, "kernel")
    assert "cuda" in bench.plot.time(sweep.measurements, "kernel", conditions="cuda · fp32 · nchw").get_title("left")


def test_measured_joules_are_bars_and_others_are_refused() -> None:
    cases = [ok("a", "torch", 1e-3, 1e-5), ok("a", "direct", 2e-3, 1e-5)]
    run = make_run(cases, energy=[measured(cases[0], 2.0, 0.1), measured(cases[1], 1.0, 0.1)])
    axes = bench.plot.joules(run.measurements, run.energy)
    assert [bar.get_width() for bar in axes.patches] == [1.0, 2.0]  # type: ignore[attr-defined]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["direct", "torch"]
    other = make_run(cases, energy=[modelled(row, 20.0) for row in cases])
    with pytest.raises(bench.UsageError, match=r"no joules of a package or board were measured .*no sensor: nothing"):
        bench.plot.joules(other.measurements, other.energy)
    with pytest.raises(bench.UsageError, match="case is 'b'; allowed: a"):
        bench.plot.joules(run.measurements, run.energy, case="b")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda rows: bench.plot.time(rows, "kernle"), "there is no axis 'kernle' here; allowed: kernel, stride"),
        (lambda rows: bench.plot.time(rows, "kernel", conditions="x"), "conditions is 'x'; allowed: 'cpu"),
        (lambda rows: bench.plot.time(rows, "kernel", base="x"), "base is 'x'; allowed: 'mb1ic64"),
        (lambda rows: bench.plot.time(rows.head(0), "kernel"), "none of 0 rows has a time"),
        (
            lambda rows: bench.plot.time(rows[["device"]], "kernel"),
            "no frame of measurements: it lacks case_key",
        ),
        (lambda rows: bench.plot.time(rows["device"], "kernel"), "this is no frame of measurements"),
        (lambda rows: bench.plot.speedup(rows, over="cudnn"), "over is 'cudnn'; allowed: torch"),
        (lambda rows: bench.plot.winners(rows, "kernel", "kernel"), "allowed: two different axes"),
        (bench.plot.roofline, "or no row with FLOPs, bytes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(rows: pd.DataFrame, draw: Callable[[Any], Axes], said: str) -> None:
    with pytest.raises(bench.UsageError) as refused:
        draw(rows)
    assert said in str(refused.value)


def test_rows_without_axes_have_none_to_draw() -> None:
    run = make_run([ok("a", "torch", 1e-3, points=()), fault("b", "torch", "wrong", "off", points=())])
    with pytest.raises(bench.UsageError, match="this run has no axes"):
        bench.plot.time(run.measurements, "kernel")


def test_one_value_is_no_line() -> None:
    run = make_run([ok("a", "torch", 1e-3, points=points({"kernel": "3"}))], axes={"kernel": ["3"]})
    with pytest.raises(bench.UsageError, match="fewer than two values"):
        bench.plot.time(run.measurements, "kernel")


def test_cells_of_winners_are_those_that_were_measured(rows: pd.DataFrame) -> None:
    axes = bench.plot.winners(rows, "kernel", "channels")
    assert len([text for text in axes.texts if text.get_text() != "–"]) == 9
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "3", "5", "7", "11"]


def test_a_speed_up_of_the_fastest_itself_is_one(rows: pd.DataFrame) -> None:
    few = rows[rows["implementation"].isin(["torch", "loops"])]
    assert {bar.get_width() for bar in bench.plot.speedup(few).patches} == {0.0}  # type: ignore[attr-defined]
