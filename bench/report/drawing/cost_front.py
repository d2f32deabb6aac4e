"""Draws another cost against time, with the front of what no other implementation beats in both."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas, labels
from bench.report.drawing.marks import Mark, look
from bench.report.findings.cost_fronts import CostFront, CostPoint
from bench.rows.front import FrontPlace

_FRONT, _PALE = "#666666", 0.4
_READING = (
    "The line of steps is the front: what no other implementation beats in both. Bars are 95 % intervals of the time; "
    "a cost of zero is drawn at the lower edge."
)


def panel(
    found: CostFront, marks: Mapping[str, Mark], title: str, cost: str, tick: Callable[[float], str], least: float
) -> Image:
    """The points with their names; a cost below `least` is drawn at it, as a logarithmic axis has no zero."""

    def draw(axes: Axes) -> None:
        for point in found.points:
            _dot(axes, point, marks[point.result.implementation], least)
        front = found.front
        axes.plot([p.time.value_s for p in front], [max(p.cost, least) for p in front], drawstyle="steps-post",
                  color=_FRONT, linewidth=canvas.scaled(1.6), zorder=0.8)  # fmt: skip
        canvas.logarithmic(axes, "x", canvas.tick_seconds)
        canvas.logarithmic(axes, "y", tick)
        ends = [_end(point, marks, least) for point in found.points]
        labels.at_ends(axes, ends, labels.height_pt(axes), together=True)
        axes.set_xlabel("time of one call, 95 % interval")
        axes.set_ylabel(cost)

    on = ", ".join(point.result.implementation for point in found.front)
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}, both logarithmic. On the front: {on}.",
        data=_data(found, cost),
        reading=_READING,
    )


def _data(found: CostFront, cost: str) -> FigureData:
    columns = ("implementation", "place", "time_s", "time_low_s", "time_high_s", cost)
    rows = tuple(
        (p.result.implementation, p.place.value, p.time.value_s, p.time.low_s, p.time.high_s, p.cost)
        for p in found.points
    )
    return FigureData(columns, rows)


def _dot(axes: Axes, point: CostPoint, mark: Mark, least: float) -> None:
    alpha = 1.0 if point.place is FrontPlace.ON else _PALE
    cost = max(point.cost, least)
    axes.plot([point.time.value_s], [cost], linestyle="", alpha=alpha, **look(mark, canvas.scaled(1.0)))
    if point.time.interval_s is not None:
        axes.hlines(cost, *point.time.interval_s, colors=mark.colour, linewidth=canvas.scaled(1.2), alpha=alpha)


def _end(point: CostPoint, marks: Mapping[str, Mark], least: float) -> labels.End:
    name = point.result.implementation
    is_on = point.place is FrontPlace.ON
    # Right of the interval, not upon it.
    x = point.time.high_s or point.time.value_s
    return labels.End(name, x, max(point.cost, least), marks[name].colour, is_on)
