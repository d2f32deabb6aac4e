"""Draws a network's time as one bar a line, a segment for each layer, in the order of the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.adaptive import contrast
from bench.report.drawing.labels import short
from bench.report.drawing.marks import Mark
from bench.report.findings.network_layers import LayerBar

_BAR_IN, _MARGIN_IN, _WIDTH_IN = 0.46, 1.0, 9.0
# A segment with less than this share of the longest bar has no room for the name of its layer.
_ROOM_FOR_NAME = 0.07
_ROOM = 1.14


def panel(bars: Sequence[LayerBar], marks: Mapping[str, Mark], title: str) -> Image:
    """The bars in the given order; a segment has the colour of the implementation that computes it."""
    longest = max(bar.total_s for bar in bars)

    def draw(axes: Axes) -> None:
        for place, bar in enumerate(bars):
            left = 0.0
            for segment in bar.segments:
                colour = marks[segment.implementation].colour
                axes.barh(place, segment.time_s, left=left, height=0.7, color=colour, edgecolor="white",
                          linewidth=canvas.scaled(0.8))  # fmt: skip
                if segment.time_s > _ROOM_FOR_NAME * longest:
                    ink = "#ffffff" if contrast(colour.lower(), "#ffffff") > 4.5 else "#222222"
                    axes.text(left + segment.time_s / 2, place, segment.layer, ha="center", va="center",
                              fontsize=canvas.scaled(7), color=ink, clip_on=True)  # fmt: skip
                left += segment.time_s
            axes.annotate(format.seconds(bar.total_s), (left, place), xytext=(5, 0), textcoords="offset points",
                          va="center", color="#333333")  # fmt: skip
        axes.set_yticks(range(len(bars)), [short(bar.name) for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlim(0, longest * _ROOM)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: canvas.tick_seconds(value) if value else "0")
        axes.set_xlabel("occurrences × time of one call, layer by layer")

    listed = "; ".join(f"{bar.name} {format.seconds(bar.total_s)}" for bar in bars)
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: {listed}.",
        size_in=(_WIDTH_IN, _MARGIN_IN + _BAR_IN * len(bars)),
        data=FigureData(
            ("bar", "layer", "implementation", "time_s"),
            tuple((bar.name, one.layer, one.implementation, one.time_s) for bar in bars for one in bar.segments),
        ),
        reading="A segment is a layer: its occurrences × the time of one call by the implementation that computes it.",
    )
