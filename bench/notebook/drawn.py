"""Draws a figure of the report on the axes of a notebook, in the size of the notebook's own text."""

from __future__ import annotations

import matplotlib
from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.drawing import canvas

# Below the label of the x axis, as a share of the height of the axes.
_BELOW = -0.16


def on_axes(image: Image, axes: Axes | None) -> Axes:
    """The given axes, or new ones of pyplot in the size of the page, with the drawing, its title and its legend."""
    drawing = image.drawing
    families = matplotlib.rcParams["font.family"]
    with canvas.style(float(matplotlib.rcParams["font.size"]), *families):
        if axes is None:
            from matplotlib import pyplot

            _, axes = pyplot.subplots(figsize=drawing.size_in)
        axes.set_title(drawing.title, color="#222222")
        drawing.draw(axes)
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            width_in = axes.get_position().width * axes.figure.get_size_inches()[0]  # type: ignore[union-attr]
            layout = canvas.legend_layout(labels, width_in)
            axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.0, _BELOW), borderaxespad=0.0, **layout)
    return axes
