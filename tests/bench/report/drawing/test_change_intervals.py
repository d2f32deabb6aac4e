"""Changes are drawn in order with a mark for each verdict, and one wide interval flattens none of the others."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.compare.verdicts import ChangeVerdict
from bench.report.drawing import canvas
from bench.report.drawing.change_intervals import DrawnChange, panel

SLOW = DrawnChange("direct", "a", 1.3, 1.2, 1.4, ChangeVerdict.SLOWER)
OPEN = DrawnChange("fft", "a", 0.88, 1e-9, 1e9, ChangeVerdict.UNDECIDED)
FEW = DrawnChange("loops", "a", 1.001, None, None, ChangeVerdict.NOT_TESTED)


def drawn(*found: DrawnChange, is_narrow: bool = False) -> Axes:
    axes = Figure().add_subplot()
    with canvas.style():
        panel(found, "Change of time", 0.02, is_narrow=is_narrow).drawing.draw(axes)
    return axes


def test_rows_stand_in_order_from_the_top() -> None:
    axes = drawn(SLOW, OPEN, FEW)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["direct  a", "fft  a", "loops  a"]
    assert [label.get_text() for label in drawn(SLOW, is_narrow=True).get_yticklabels()] == ["direct\na"]
    bottom, top = axes.get_ylim()
    assert bottom > top
    said = [text.get_text() for text in axes.texts]
    assert said == ["+30 % slower", "−12 % undecided", "+0.1 % not tested"]


def test_a_wide_interval_ends_at_the_edge() -> None:
    axes = drawn(SLOW, OPEN)
    low, high = axes.get_xlim()
    assert 0.4 < low < 0.9
    assert 1.4 < high < 2.0
    assert len(axes.collections) == 2
    assert math.isfinite(low)


def test_nothing_to_see_has_an_axis() -> None:
    low, high = drawn(FEW).get_xlim()
    assert low < 1 / 1.02 < 1.02 < high


def test_no_change_has_a_tick() -> None:
    near = DrawnChange("fft", "a", 1.01, 0.98, 1.04, ChangeVerdict.UNDECIDED)
    for axes in (drawn(near), drawn(SLOW), drawn(FEW)):
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert "0.0 %" in labels
        assert 3 <= len(labels) <= 7
    labels = [label.get_text() for label in drawn(near).get_xticklabels()]
    assert labels == ["−2.0 %", "−1.0 %", "0.0 %", "+1.0 %", "+2.0 %", "+3.0 %", "+4.0 %"]


def test_the_data_and_the_text_say_what_is_drawn() -> None:
    drawing = panel((SLOW, FEW), "Change of time", 0.02).drawing
    assert drawing.data is not None
    assert drawing.data.rows == (
        ("direct", "a", 1.3, 1.2, 1.4, "slower"),
        ("loops", "a", 1.001, None, None, "not-tested"),
    )
    assert drawing.alt == "Change of time: direct a +30 %, slower; loops a +0.1 %, not-tested."
