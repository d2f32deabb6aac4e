"""Draws the error of every checked result against the largest that passes, with the line where both are equal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.drawing.thinning import apart
from bench.report.findings.results import Group, Result
from bench.store.status import Status

_FAULT, _BOUND = "#b00020", "#444444"
_ROOM = 1.6
_READING = (
    "Each marker is a checked result: its rms error against a float64 result by the largest that passes, both relative "
    "to the rms of the result. Above the line the result is wrong; a red cross is a wrong one."
)


def panel(results: Sequence[Result], group: Group, marks: Mapping[str, Mark], title: str) -> Image | None:
    """Error by its limit, both logarithmic; a wrong result is a cross. None without a positive error and limit."""
    drawn = [r for r in results if r.group == group and _known(r.error_rms) and _known(r.error_rms_limit)]
    if not drawn:
        return None

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [r for r in drawn if r.implementation == name and r.status is not Status.WRONG]
            if own:
                x, y = zip(*apart([(r.error_rms_limit or 0.0, r.error_rms or 0.0) for r in own]), strict=True)
                axes.plot(x, y, linestyle="", alpha=0.8, label=name, **look(mark, canvas.scaled(0.8)))
        if wrong := [(r.error_rms_limit or 0.0, r.error_rms or 0.0) for r in drawn if r.status is Status.WRONG]:
            x, y = zip(*apart(wrong), strict=True)
            axes.plot(x, y, linestyle="", marker="x", color=_FAULT, markersize=canvas.scaled(8))
        _scales(axes, drawn)
        axes.set_xlabel("largest rms error that passes")
        axes.set_ylabel("rms error ÷ rms of the result")

    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: every checked result below the diagonal is within its bound.",
        data=FigureData(
            ("implementation", "problem", "status", "error_rms_limit", "error_rms"),
            tuple((r.implementation, r.descriptor, r.status.value, r.error_rms_limit, r.error_rms) for r in drawn),
        ),
        reading=_READING,
    )


def _scales(axes: Axes, drawn: Sequence[Result]) -> None:
    limits = [r.error_rms_limit for r in drawn if r.error_rms_limit]
    errors = [r.error_rms for r in drawn if r.error_rms]
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(min(limits) / _ROOM, max(limits) * _ROOM)
    axes.set_ylim(min(errors) / _ROOM, max(*errors, *limits) * _ROOM)
    canvas.logarithmic(axes, "x", canvas.tick_power)
    canvas.logarithmic(axes, "y", canvas.tick_power)
    ends = axes.get_xlim()
    top = axes.get_ylim()
    for share, words in ((1.0, "the bound"), (0.1, "a tenth of it")):
        axes.plot(ends, [share * end for end in ends], color=_BOUND, linestyle="-" if share == 1 else "--", zorder=0.6,
                  linewidth=canvas.scaled(1.4 if share == 1 else 0.8), gid=words)  # fmt: skip
        at = ends[0] ** 0.25 * ends[1] ** 0.75
        axes.annotate(words, (at, share * at), xytext=(-4, 5), textcoords="offset points", ha="right", color=_BOUND,
                      fontsize=canvas.scaled(7.5))  # fmt: skip
    axes.set_xlim(ends)
    axes.set_ylim(top)


def _known(value: float | None) -> bool:
    return value is not None and 0 < value < math.inf
