"""Gives a test the axes of every figure, so that pictures are tested by their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.report.document.blocks import Image
from bench.report.document.drawings import Drawing
from bench.report.drawing import canvas


def axes_of(monkeypatch: pytest.MonkeyPatch) -> list[Axes]:
    """The axes of the figures drawn from now on, in order."""
    found: list[Axes] = []

    def panel(draw: Callable[[Axes], None], *, alt: str, **_: Any) -> Image:
        axes = Figure().add_subplot()
        draw(axes)
        found.append(axes)
        return Image(alt, Drawing(draw, "", alt, (1.0, 1.0)), lambda _: "")

    monkeypatch.setattr(canvas, "panel", panel)
    return found


def points_of(line: Line2D) -> list[tuple[float, float]]:
    """The points of a line."""
    x, y = (np.ravel(np.asarray(values, dtype=float)) for values in (line.get_xdata(), line.get_ydata()))
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
