"""Speed-ups, winners and rooflines: what is drawn is what their data say, and grey prints keep it."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.calibration.value import Calibration, Level, Peak
from bench.report.document.drawings import Drawing
from bench.report.drawing import roofline, speed_bars, winner_cells
from bench.report.drawing.marks import marks_for
from bench.report.findings.cases import axes_of
from bench.report.findings.intensities import intensities
from bench.report.findings.ranking import rank
from bench.report.findings.results import implementations, read
from bench.report.findings.speedups import speed_ups
from bench.report.findings.winner_map import winner_map
from bench.store.runs import Run
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1"], "channels": ["64", "8"]}
CEILINGS = Calibration("cpu", 2, (Peak("fp32", 5e11, "fma"),), (Level("L1", 2**15, 7e11), Level("memory", None, None)))


def place(kernel: str, channels: str) -> str:
    return f"mb1ic{channels}ih8oc{channels}kh{kernel}"


def run() -> Run:
    times = {("3", "64"): (2e-3, 1e-3), ("1", "64"): (1e-3, 1.001e-3), ("3", "8"): (1e-4, 4e-4)}
    rows = [
        ok(place(*at), name, time_s, time_s / 50, points=points(dict(zip(AXES, at, strict=True))),
           compulsory_bytes=10**6)
        for at, both in times.items()
        for name, time_s in zip(("torch", "direct"), both, strict=True)
    ]  # fmt: skip
    return make_run(rows, axes=AXES)


def drawn(drawing: Drawing) -> Axes:
    axes = Figure().add_subplot()
    drawing.draw(axes)
    return axes


def test_bars_begin_at_one_and_end_at_the_speed_up() -> None:
    results = read(run().measurements)
    found = speed_ups(rank(results), "torch")
    marks = marks_for(implementations(results))
    drawing = speed_bars.drawing_of_speed_ups(found, results[0].group, axes_of(run().meta, results), marks)
    axes = drawn(drawing)
    assert drawing.data is not None
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]
    assert ends == pytest.approx([row[2] for row in drawing.data.rows])
    assert {bar.get_x() for bar in axes.patches} == {1.0}  # type: ignore[attr-defined]
    whiskers = [tuple(lines.get_segments()[0][:, 0]) for lines in axes.collections]  # type: ignore[attr-defined]
    assert whiskers == pytest.approx([row[3:] for row in drawing.data.rows])
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["baseline: direct", "kernel 1: direct", "channels 8: direct"]
    assert axes.get_xscale() == "log"


def test_each_cell_names_its_winner_and_a_tie_is_hatched() -> None:
    results = read(run().measurements)
    axes_of_run = axes_of(run().meta, results)
    found = winner_map(axes_of_run[0], axes_of_run[1], results[0].group, results, axes_of_run)
    drawing = winner_cells.drawing_of_winners(found, marks_for(implementations(results)))
    axes = drawn(drawing)
    assert sorted(text.get_text() for text in axes.texts) == [
        "direct\n1.00 ms", "torch =\ndirect\n1.00 ms", "torch\n100 µs",
    ]  # fmt: skip
    assert [patch.get_hatch() for patch in axes.patches if patch.get_hatch()] == ["////"]
    assert drawing.data is not None
    assert drawing.data.columns == ("kernel", "channels", "fastest", "verdict", "time_s", "time_low_s", "time_high_s")
    assert [row[:4] for row in drawing.data.rows] == [
        ("3", "64", "direct", "clear"), ("1", "64", "torch = direct", "tie"), ("3", "8", "torch", "clear"),
    ]  # fmt: skip


def test_markers_of_a_roofline_are_rate_over_intensity_below_the_ceilings() -> None:
    measurements = run().measurements
    results = read(measurements)
    drawing = roofline.drawing_of_roofline(
        intensities(measurements), results[0].group, CEILINGS, marks_for(implementations(results))
    )
    axes = drawn(drawing)
    assert drawing.data is not None
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    for name in ("torch", "direct"):
        rows = [row for row in drawing.data.rows if row[0] == name]
        assert lines[name].get_xydata() == pytest.approx(np.array([row[2:4] for row in rows], float))
    # 1 GFLOP over 1 MB; 1 GFLOP in 2 ms.
    assert drawing.data.rows[0][2:4] == pytest.approx((1000.0, 500.0))
    assert [text.get_text() for text in axes.texts] == ["500 GFLOP/s, fma"], "L1 meets the peak left of all rows"


def test_a_roofline_without_ceilings_says_so() -> None:
    measurements = run().measurements
    results = read(measurements)
    drawing = roofline.drawing_of_roofline(
        intensities(measurements), results[0].group, None, marks_for(implementations(results))
    )
    assert not drawn(drawing).texts
    assert drawing.reading.endswith("Ceilings were not measured in this run.")


def test_rows_without_bytes_or_time_have_no_intensity() -> None:
    rows = [ok("a", "torch", 1e-3, compulsory_bytes=0), ok("b", "torch", 1e-3, direct_flops=0, compulsory_bytes=9)]
    assert intensities(make_run(rows).measurements) == ()
