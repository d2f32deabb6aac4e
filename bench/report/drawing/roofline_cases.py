"""Draws every timed result under the measured ceilings: effective rate by FLOPs per compulsory byte."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.drawing.thinning import apart
from bench.report.findings.rooflines import Roofline

_ROOF, _ROOM = "#444444", 1.25
_READING = (
    "Each marker is a timed case: FLOPs of the definition over its time, and over the bytes of its tensors, each read "
    "or written once. Lines are the highest measured rates of arithmetic and of the levels of the memory. A marker "
    "above the flat one executes fewer FLOPs than the definition has."
)


def panel(found: Roofline, marks: Mapping[str, Mark], title: str) -> Image:
    """The points, a flat line at the peak and a slope for each measured level of memory."""

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [point for point in found.points if point.result.implementation == name]
            if own:
                x, y = zip(*apart([(point.intensity, point.rate_gflops) for point in own]), strict=True)
                axes.plot(x, y, linestyle="", alpha=0.8, label=name, **look(mark, canvas.scaled(0.8)))
        _limits(axes, found)
        canvas.logarithmic(axes, "x", canvas.tick_number)
        canvas.logarithmic(axes, "y", canvas.tick_number)
        _roof(axes, found)
        axes.set_xlabel("direct FLOPs ÷ compulsory bytes")
        axes.set_ylabel("effective GFLOP/s")

    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: effective GFLOP/s of every timed case by direct FLOPs per compulsory byte, both logarithmic, "
        f"with the measured peak of {canvas.tick_number(found.peak_gflops)} GFLOP/s.",
        data=_data(found),
        reading=_READING,
    )


def _data(found: Roofline) -> FigureData:
    rows = tuple((p.result.implementation, p.result.descriptor, p.intensity, p.rate_gflops) for p in found.points)
    return FigureData(("implementation", "problem", "direct_flops_per_byte", "rate_gflops"), rows)


def _limits(axes: Axes, found: Roofline) -> None:
    """All points and the peak, with some room."""
    intensities = [point.intensity for point in found.points]
    rates = [found.peak_gflops, *(point.rate_gflops for point in found.points)]
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(min(intensities) / _ROOM**2, max(intensities) * _ROOM**2)
    axes.set_ylim(min(rates) / _ROOM, max(rates) * _ROOM)


def _roof(axes: Axes, found: Roofline) -> None:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    axes.plot([left, right], 2 * [found.peak_gflops], color=_ROOF, linewidth=canvas.scaled(1.6), zorder=0.6, gid="peak")
    axes.annotate("measured peak", (left, found.peak_gflops), xytext=(4, 3), textcoords="offset points",
                  fontsize=canvas.scaled(7.5), color=_ROOF)  # fmt: skip
    for name, bandwidth in found.bandwidths_gbps:
        end = found.peak_gflops / bandwidth
        if bandwidth * min(end, right) < bottom or end < left:
            continue
        x = min(end, right)
        axes.plot([left, x], [bandwidth * left, bandwidth * x], color=_ROOF, linewidth=canvas.scaled(0.9), zorder=0.6,
                  gid=f"level {name}")  # fmt: skip
        # The name is beside the slope, a third of the way up its visible part.
        start = max(left, bottom / bandwidth)
        at = math.exp(math.log(start) + (math.log(x) - math.log(start)) / 3)
        axes.annotate(name, (at, bandwidth * at), xytext=(-3, 3), textcoords="offset points",
                      fontsize=canvas.scaled(7.5), color=_ROOF, ha="right")  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
