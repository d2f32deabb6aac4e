"""The data of the views are what they draw: bars, cells and markers, in their order."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.document.drawings import Drawing
from bench.report.drawing import crossover_map, roofline_cases, speed_up_bars
from bench.report.drawing.marks import marks_for
from bench.report.findings import crossover
from bench.report.findings.cases import axes_of
from bench.report.findings.ranking import rank
from bench.report.findings.results import implementations, read
from bench.report.findings.rooflines import Roofline, RoofPoint
from bench.report.findings.speed_ups import speed_ups
from tests.bench.report.drawing.drawn import points_of
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1"], "channels": ["64", "8"]}
TIMES = {("3", "64"): (2e-3, 1e-3), ("1", "64"): (1e-3, 1.001e-3), ("3", "8"): (1e-4, 4e-4)}
RUN = make_run(
    [
        ok(f"mb1ic{c}ih8oc{c}kh{k}", name, time_s, time_s / 50, points=points({"kernel": k, "channels": c}))
        for (k, c), both in TIMES.items()
        for name, time_s in zip(("torch", "direct"), both, strict=True)
    ],
    axes=AXES,
)
RESULTS = read(RUN.measurements)
MARKS = marks_for(implementations(RESULTS))


def drawn(drawing: Drawing) -> Axes:
    axes = Figure().add_subplot()
    drawing.draw(axes)
    return axes


@pytest.mark.parametrize(("baseline", "factors"), [("torch", [2.0, 1.0, 1.0]), ("direct", [4.0, 1.001, 1.0])])
def test_bars_of_speed_ups_begin_at_one_and_end_at_the_factor(baseline: str, factors: list[float]) -> None:
    found = [("case", one) for one in speed_ups(rank(RESULTS), baseline)]
    drawing = speed_up_bars.panel(found, MARKS, "A", baseline).drawing
    assert drawing.data is not None
    assert drawing.data.columns[3] == f"{baseline}_over_fastest"
    assert [row[3] for row in drawing.data.rows] == pytest.approx(factors)
    bars = drawn(drawing).patches
    assert [bar.get_x() + bar.get_width() for bar in bars] == pytest.approx(factors)  # type: ignore[attr-defined]
    assert {bar.get_x() for bar in bars} == {1}  # type: ignore[attr-defined]


def test_cells_of_two_axes_have_their_winner_and_verdict() -> None:
    x, y = axes_of(RUN.meta, RESULTS)
    drawing = crossover_map.panel(crossover.over(x, y, RESULTS[0].group, (), rank(RESULTS)), MARKS, "A").drawing
    assert drawing.data is not None
    assert drawing.data.columns[:4] == ("kernel", "channels", "fastest", "verdict")
    assert [row[:5] for row in drawing.data.rows] == [
        ("3", "64", "direct", "clear", 1e-3), ("1", "64", "torch = direct", "tie", 1e-3),
        ("3", "8", "torch", "clear", 1e-4),
    ]  # fmt: skip
    words = sorted(text.get_text() for text in drawn(drawing).texts)
    assert words == ["direct\n2.00×", "torch\n4.00×", "torch\n= direct", "–"]


def test_many_cells_are_small_and_have_a_legend() -> None:
    axes_values = {"in-channels": [str(n) for n in range(1, 61)], "out-channels": [str(n) for n in range(1, 6)]}
    rows = [
        ok(f"mb1ic{x}ih8oc{y}kh3", name, time_s, time_s / 50, points=points({"in-channels": x, "out-channels": y}))
        for x in axes_values["in-channels"]
        for y in axes_values["out-channels"]
        for name, time_s in (("torch", 2e-3), ("direct", 1e-3 if int(x) < 31 else 4e-3))
    ]
    run = make_run(rows, axes=axes_values)
    found = read(run.measurements)
    x, y = axes_of(run.meta, found)
    image = crossover_map.panel(crossover.over(x, y, found[0].group, (), rank(found)), MARKS, "A")
    assert image.drawing.data is not None
    assert len(image.drawing.data.rows) == 300
    assert "direct in 150" in image.alt
    assert "240 of 300 cells are drawn" in image.drawing.reading
    axes = drawn(image.drawing)
    assert not axes.texts
    # A box for each stretch of equal cells in a row.
    assert {one.get_label(): len(one.get_paths()) for one in axes.collections} == {"direct": 5, "torch": 5}


def test_markers_of_a_roofline_are_rate_over_intensity() -> None:
    found = tuple(RoofPoint(result, 10.0 * number, 5.0 * number) for number, result in enumerate(RESULTS, 1))
    group = RESULTS[0].group
    drawing = roofline_cases.panel(Roofline(group, 500.0, (("memory", 30.0),), found), MARKS, "A").drawing
    assert drawing.data is not None
    lines = {str(line.get_label()): line for line in drawn(drawing).get_lines()}
    for name in MARKS:
        places = [row[2:] for row in drawing.data.rows if row[0] == name]
        assert points_of(lines[name]) == places
