"""Draws measured joules against time, with the front of those that no other one beats in both."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.findings.fronts import EnergyFront, FrontPoint
from bench.rows.front import FrontPlace

_FRONT = "#9a9a9a"
# Points behind the front are pale.
_PALE = 0.35
_READING = (
    "The line of steps is the front: what no other one beats in both. Pale markers are behind it by intervals that do "
    "not overlap. Bars are 95 % intervals, those of joules without the uncertainty of the meter's scale."
)


def panel(found: EnergyFront, marks: Mapping[str, Mark]) -> Image:
    """Joules against time, both with 95 % error bars; the front is a line of steps, its points have their settings."""

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [point for point in found.points if point.result.implementation == name]
            for number, point in enumerate(own):
                _dot(axes, point, mark, name if number == 0 else None)
        front = found.front
        axes.plot([p.time.value_s for p in front], [p.joules.value_j for p in front], drawstyle="steps-post",
                  color=_FRONT, linewidth=canvas.scaled(1.0), zorder=0.8)  # fmt: skip
        for point in front:
            if point.tuning.words:
                values = " ".join(map(str, point.tuning.values.values()))
                place = point.time.value_s, point.joules.value_j
                axes.annotate(values, place, fontsize=canvas.scaled(7), color="#666666", xytext=(5, 4),
                              textcoords="offset points")  # fmt: skip
        canvas.logarithmic(axes, "x", canvas.tick_seconds)
        canvas.logarithmic(axes, "y", canvas.tick_joules)
        axes.set_xlabel("time of one call")
        axes.set_ylabel(f"{found.quantity} joules of one call")

    names = ", ".join(point.label for point in found.front)
    return canvas.panel(
        draw,
        title=f"Joules against time, {found.group.label}",
        alt=f"Measured joules against time of {found.descriptor} on {found.group.label}, both logarithmic. "
        f"On the front: {names}.",
        data=_data(found),
        reading=f"Measured {found.quantity} joules ({found.source.label}) of {found.descriptor}. {_READING}",
    )


def _data(found: EnergyFront) -> FigureData:
    joules = tuple(f"{found.quantity}{end}_j" for end in ("", "_low", "_high"))
    columns = ("implementation", "settings", "place", "time_s", "time_low_s", "time_high_s", *joules)
    rows = tuple(
        (p.result.implementation, p.tuning.label, p.place.value, p.time.value_s, p.time.low_s, p.time.high_s,
         p.joules.value_j, *(p.joules.interval_j or (None, None)))
        for p in found.points
    )  # fmt: skip
    return FigureData(columns, rows)


def _dot(axes: Axes, point: FrontPoint, mark: Mark, name: str | None) -> None:
    x, y = point.time.value_s, point.joules.value_j
    alpha = _PALE if point.place is FrontPlace.BEHIND else 1.0
    axes.plot([x], [y], linestyle="", label=name, alpha=alpha, **look(mark, canvas.scaled(1.0)))
    if point.time.interval_s is not None:
        axes.hlines(y, *point.time.interval_s, colors=mark.colour, linewidth=canvas.scaled(1.2), alpha=alpha)
    ends = point.joules.interval_j
    if ends is not None and ends[0] > 0:
        axes.vlines(x, *ends, colors=mark.colour, linewidth=canvas.scaled(1.2), alpha=alpha)
