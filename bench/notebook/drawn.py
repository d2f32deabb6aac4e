"""Draws a figure of the report on the axes of a notebook, in the size of the notebook's own text."""

from __future__ import annotations

import matplotlib
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from bench.report.document.blocks import Image
from bench.report.drawing import canvas

# The legend is so far below the axes, beside the text of the page: below ticks and label.
_BELOW_PT = 38.0


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
        _legend(axes)
    return axes


def _legend(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure = axes.get_figure(root=True)
    if not handles or figure is None:
        return
    layout = canvas.legend_layout(labels, axes.get_position().width * float(figure.get_size_inches()[0]))
    below = ScaledTranslation(0.0, -canvas.scaled(_BELOW_PT) / 72, figure.dpi_scale_trans)
    axes.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=axes.transAxes + below,
        borderaxespad=0.0, borderpad=0.0, **layout,
    )  # fmt: skip
