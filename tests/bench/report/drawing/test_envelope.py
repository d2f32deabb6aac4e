"""The envelope is the least at each position; every line has its name at its end, and no legend is needed."""

from __future__ import annotations

import math

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.drawing import canvas, envelope
from bench.report.drawing.envelope import Best, Place
from bench.report.drawing.marks import marks_for
from tests.bench.report.drawing.drawn import points_of

LINES: dict[str, list[Place | None]] = {
    "torch": [Place(2e-3, 1.9e-3, 2.1e-3), Place(1e-3), Place(4e-3)],
    "fft": [Place(1e-3), None, Place(3e-3)],
    "winograd-f4": [Place(3e-3), None, None],
    "direct": [None, None, None],
}
BEST = [Best("fft", LINES["fft"][0] or Place(0.0)), Best("torch", LINES["torch"][1] or Place(0.0), is_sure=False), None]


@pytest.fixture
def axes() -> Axes:
    drawn = Figure().add_subplot()
    envelope.draw(drawn, [1.0, 3.0, 5.0], LINES, BEST, marks_for(LINES), canvas.tick_seconds)
    return drawn


def test_the_strong_line_is_the_least_at_each_position(axes: Axes) -> None:
    (strong,) = (line for line in axes.lines if line.get_gid() == "envelope")
    values = [y for _, y in points_of(strong)]
    assert values[:2] == [1e-3, 1e-3]
    assert math.isnan(values[2])
    others = [line for line in axes.lines if line is not strong and len(points_of(line)) > 1]
    assert others
    assert all((line.get_alpha() or 1.0) < 0.5 and line.get_linewidth() < strong.get_linewidth() for line in others)


def test_names_stand_at_the_ends_and_those_of_winners_are_bold(axes: Axes) -> None:
    assert axes.get_legend() is None
    assert {text.get_text(): text.get_fontweight() for text in axes.texts} == {
        "torch": "bold", "fft": "bold", "winograd-f4": "normal",
    }  # fmt: skip
    assert {text.get_text(): text.xy for text in axes.texts} == {  # type: ignore[attr-defined]
        "torch": (5.0, 4e-3), "fft": (5.0, 3e-3), "winograd-f4": (1.0, 3e-3),
    }  # fmt: skip


def test_a_point_that_noise_leaves_open_is_hollow(axes: Axes) -> None:
    points = [line for line in axes.lines if len(points_of(line)) == 1]
    assert [line.get_markerfacecolor() == "white" for line in points] == [False, True]
