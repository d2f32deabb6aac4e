"""Times by run have a level between neighbouring steps, and the words of a step on the side that has room."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.drawing import canvas
from bench.report.drawing.time_by_run import DrawnSeries, DrawnStep, panel

DAYS = [f"2026-01-{day:02}" for day in range(1, 9)]
STEP = DrawnStep(4, 2.0, "torch 2.13.0 → 2.14.0")


def series(*steps: DrawnStep, missing: int | None = None) -> DrawnSeries:
    values = [1e-3 * (2.0 if n >= 4 else 1.0) for n in range(8)]
    return DrawnSeries(
        "direct\na", tuple(None if n == missing else v for n, v in enumerate(values)), steps, "time", True
    )


def drawn(found: DrawnSeries) -> Axes:
    axes = Figure().add_subplot()
    with canvas.style():
        panel(found, DAYS).drawing.draw(axes)
    return axes


def _levels(axes: Axes) -> list[float]:
    found: Any = axes.collections
    return [lines.get_segments()[0][0][1] for lines in found]


def test_levels_lie_between_steps() -> None:
    assert _levels(drawn(series(STEP))) == pytest.approx([1e-3, 2e-3])
    # An even number of values without a step: between the middle two.
    assert _levels(drawn(series())) == pytest.approx([2**0.5 * 1e-3])


@pytest.mark.parametrize(("at", "side"), [(2, "left"), (6, "right")])
def test_the_words_of_a_step_stand_where_there_is_room(at: int, side: str) -> None:
    (words,) = drawn(series(DrawnStep(at, 0.5, "x" * 60))).texts
    assert words.get_horizontalalignment() == side
    assert words.get_text() == f"−50 %\n{'x' * 33}…"


def test_a_missing_run_has_no_point() -> None:
    found = series(STEP, missing=2)
    points: Any = drawn(found).lines[0]
    assert list(points.get_xdata()) == [0, 1, 3, 4, 5, 6, 7]
    drawing = panel(found, DAYS).drawing
    assert drawing.data is not None
    assert drawing.data.rows[2] == ("2026-01-03", None, None, None)
    assert drawing.data.rows[4] == ("2026-01-05", 2e-3, None, 2.0)
    assert drawing.alt == "direct on a over 7 runs: +100 % since 2026-01-05: torch 2.13.0 → 2.14.0."


def test_a_series_without_scatter_has_an_axis() -> None:
    low, high = drawn(DrawnSeries("x", (1.0,) * 8, (), "change", False)).get_ylim()
    assert low < 0.98 < 1.02 < high
