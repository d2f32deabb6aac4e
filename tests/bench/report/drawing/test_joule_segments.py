"""Brackets are segments: they begin at their low end, not at zero, on a logarithmic axis, in a colour of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from bench.energy.bracket.ranges import Range
from bench.report.drawing import canvas, joule_segments
from bench.report.drawing.marks import BUILT_IN

VALUES = [("onednn", Range(1e-3, 4e-3)), ("torch", Range(2e-3, 9e-3)), ("loops", Range(0.0, 8.0))]


@pytest.fixture
def axes(monkeypatch: pytest.MonkeyPatch) -> Axes:
    drawn = Figure().add_subplot()

    def panel(draw: Callable[[Axes], None], **more: Any) -> None:
        draw(drawn)

    monkeypatch.setattr(canvas, "panel", panel)
    joule_segments.bracketed(VALUES, "a", "cpu")
    return drawn


def test_segments_go_from_the_low_to_the_high_end(axes: Axes) -> None:
    ends = [line.get_segments()[0][:, 0].tolist() for line in axes.collections]  # type: ignore[attr-defined]
    assert ends[:2] == [pytest.approx([1e-3, 4e-3]), pytest.approx([2e-3, 9e-3])]
    low, high = axes.get_xlim()
    assert ends[2] == pytest.approx([low, 8.0]), "a range that begins at zero begins at the edge"
    assert 0 < low < 1e-3
    assert high > 8.0
    assert not axes.patches, "no bar"
    assert (axes.get_xscale(), [text.get_text() for text in axes.texts]) == (
        "log", ["1–4 mJ", "2–9 mJ", "0–8 J"],
    )  # fmt: skip


def test_no_implementation_has_the_colour_of_brackets(axes: Axes) -> None:
    colours = {to_hex(line.get_color()[0]) for line in axes.collections}  # type: ignore[attr-defined]
    assert colours == {joule_segments.COLOUR}
    assert joule_segments.COLOUR not in {mark.colour.lower() for mark in BUILT_IN.values()}
