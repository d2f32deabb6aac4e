"""Ticks have short labels, and a figure is one self-contained image."""

from __future__ import annotations

import base64

import pytest
from matplotlib.axes import Axes

from bench.report.drawing import canvas


@pytest.mark.parametrize(("value_s", "label"), [(2e-5, "20 µs"), (1.5e-3, "1.5 ms"), (1.0, "1 s")])
def test_a_tick_has_no_needless_digits(value_s: float, label: str) -> None:
    assert canvas.tick_seconds(value_s) == label


def test_a_tick_below_one_flop_has_no_label() -> None:
    assert (canvas.tick_flops(0.5), canvas.tick_flops(2e6)) == ("", "2 MFLOP")


def _label(axes: Axes) -> None:
    axes.set_xlabel("x")


def test_the_same_drawing_gives_the_same_image_without_a_date() -> None:
    first, second = (canvas.panel(_label, title="$t", alt="words") for _ in range(2))
    assert first == second
    svg = base64.b64decode(first.uri.removeprefix("data:image/svg+xml;base64,"))
    assert b"<svg" in svg
    assert b"<dc:date>" not in svg
