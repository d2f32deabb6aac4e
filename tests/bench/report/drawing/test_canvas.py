"""Ticks have short labels, and a figure is one self-contained image."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Literal

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.drawing import canvas


@pytest.mark.parametrize(("value_s", "label"), [(2e-5, "20 µs"), (1.5e-3, "1.5 ms"), (1.0, "1 s")])
def test_a_tick_has_no_needless_digits(value_s: float, label: str) -> None:
    assert canvas.tick_seconds(value_s) == label


def test_a_tick_below_one_flop_has_no_label() -> None:
    assert (canvas.tick_flops(0.5), canvas.tick_flops(2e6)) == ("", "2 MFLOP")


@pytest.mark.parametrize("which", ["x", "y"])
@pytest.mark.parametrize(
    ("values", "text"),
    [
        # Between two round numbers: once an axis without any label.
        ((554e-6, 610e-6), canvas.tick_seconds),
        ((5.2e-4, 5.3e-4), canvas.tick_seconds),
        ((0.9e-3, 1.1e-3), canvas.tick_seconds),
        ((1e-5, 5e-2), canvas.tick_seconds),
        ((300.0, 480.0), canvas.tick_number),
        ((0.02, 900.0), canvas.tick_number),
        # Labels of one digit: once 2e-07 twice.
        ((1.4e-7, 2.2e-7), canvas.tick_power),
        ((1e-16, 1e-2), canvas.tick_power),
        ((1.1e8, 1.2e8), canvas.tick_flops),
        ((1e6, 1e12), canvas.tick_flops),
        # One value: the axis reaches a little beyond it.
        ((1e-3, 1e-3), canvas.tick_seconds),
    ],
)
def test_a_logarithmic_axis_has_at_least_two_labels_and_none_twice(
    which: Literal["x", "y"], values: tuple[float, ...], text: Callable[[float], str]
) -> None:
    axes = Figure().add_subplot()
    axes.plot(*((values, (1.0, 2.0)) if which == "x" else ((1.0, 2.0), values)))
    canvas.logarithmic(axes, which, text)
    axis, limits = (axes.xaxis, axes.get_xlim()) if which == "x" else (axes.yaxis, axes.get_ylim())
    labels = [text(tick) for tick in axis.get_majorticklocs() if limits[0] <= tick <= limits[1]]
    assert 2 <= len(labels) == len(set(labels)) <= 9
    assert "" not in labels


def _label(axes: Axes) -> None:
    axes.set_xlabel("x")


def test_the_same_drawing_gives_the_same_image_without_a_date() -> None:
    first, second = (canvas.panel(_label, title="$t", alt="words") for _ in range(2))
    assert first == second
    svg = base64.b64decode(first.uri.removeprefix("data:image/svg+xml;base64,"))
    assert b"<svg" in svg
    assert b"<dc:date>" not in svg
