"""Draws direct FLOPs against time, with lines of equal rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.drawing.thinning import apart
from bench.report.findings.results import GIGA, Group, Result

_ISO_RATES_GFLOPS = (0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
# A grey line that leaves the picture further left than this share of its width has no room for its name.
_ROOM_FOR_WORDS = 0.25
_READING = "Each marker is a timed case; all on one grey line have the same effective rate, direct FLOPs over time."


def panel(results: Sequence[Result], group: Group, marks: Mapping[str, Mark]) -> Image | None:
    """Direct FLOPs against time with lines of equal rate; None if nothing was timed."""
    drawn = [r for r in results if r.group == group and r.rate_gflops is not None]
    if not drawn:
        return None

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [r for r in drawn if r.implementation == name]
            if own:
                points = [(float(r.direct_flops), r.time.value_s) for r in own if r.time]
                x, y = zip(*apart(points), strict=True)
                axes.plot(x, y, linestyle="", alpha=0.8, label=name, **look(mark, canvas.scaled(1.0)))
        canvas.logarithmic(axes, "x", canvas.tick_flops)
        canvas.logarithmic(axes, "y", canvas.tick_seconds)
        iso_rates(axes)
        axes.set_xlabel("direct FLOPs")
        axes.set_ylabel("time of one call")

    return canvas.panel(
        draw,
        title=f"FLOPs against time, {group.label}",
        alt=f"Direct FLOPs against time of every timed case on {group.label}, both logarithmic.",
        data=_data([r for name in marks for r in drawn if r.implementation == name]),
        reading=_READING,
    )


def _data(drawn: Sequence[Result]) -> FigureData:
    rows = tuple((r.implementation, r.descriptor, r.direct_flops, r.time_s) for r in drawn)
    return FigureData(("implementation", "problem", "direct_flops", "time_s"), rows)


def iso_rates(axes: Axes) -> None:
    """Draws grey lines of equal rate over axes of direct FLOPs and seconds, without extending them."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for rate in _ISO_RATES_GFLOPS:
        ends = [left / rate / GIGA, right / rate / GIGA]
        if ends[1] < bottom or ends[0] > top:
            continue
        axes.plot([left, right], ends, color="#c4c4c4", linewidth=canvas.scaled(0.8), zorder=0.5)
        leaves_at_top = ends[1] > top
        x, y = (top * rate * GIGA, top) if leaves_at_top else (right, ends[1])
        if math.log(x / left) < _ROOM_FOR_WORDS * math.log(right / left):
            continue
        # The name is beside the line where it leaves the picture, never outside.
        aside = (canvas.scaled(-12), canvas.scaled(-3)) if leaves_at_top else (0, 0)
        axes.annotate(f"{canvas.tick_flops(rate * GIGA)}/s", (x, y), fontsize=canvas.scaled(7), color="#666666",
                      ha="right", va="top" if leaves_at_top else "bottom", xytext=aside,
                      textcoords="offset points")  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
