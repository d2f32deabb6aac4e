"""Draws speed-ups over a baseline as sorted bars from 1 on a logarithmic axis, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark
from bench.report.findings.cases import Axis, label
from bench.report.findings.results import Group
from bench.report.findings.speedups import SpeedUp

_BAR_IN, _MARGIN_IN, _WIDTH_IN = 0.24, 1.0, 6.8
_HEIGHT = 0.66
# More bars have no names, which could not be read.
_NAMED = 60
# Room beyond the ends on a logarithmic axis, as a factor.
_ROOM = 1.15
_READING = (
    "Bars begin at 1, as fast as the baseline; dark lines are 95 % intervals, paired within blocks where one of the "
    "two is the fastest of the case."
)


def drawing_of_speed_ups(
    found: Sequence[SpeedUp], group: Group, axes_of_run: Sequence[Axis], marks: Mapping[str, Mark]
) -> Drawing:
    """Bars of the speed-ups in their order, the first on top; at least one."""
    baseline = found[0].baseline.implementation
    names = [f"{label(one.result, axes_of_run)}: {one.result.implementation}" for one in found]

    def draw(axes: Axes) -> None:
        for place, one in enumerate(found):
            _bar(axes, place, one, marks[one.result.implementation])
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.set_yticks(range(len(found)) if len(found) <= _NAMED else [], names if len(found) <= _NAMED else [])
        ends = [end for one in found for end in (one.value, one.low, one.high, 1.0) if end is not None]
        axes.set_xlim(min(ends) / _ROOM, max(ends) * _ROOM)
        canvas.logarithmic(axes, "x", _tick)
        axes.axvline(1.0, color="#444444", linewidth=canvas.scaled(0.9))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"time of {baseline} over that of the other")

    return Drawing(
        draw,
        title=f"Speed-up over {baseline}, {group.label}",
        alt=f"Speed-up over {baseline} by case on {group.label}, logarithmic, from {format.ratio(found[0].value)} to "
        f"{format.ratio(found[-1].value)}.",
        size_in=(_WIDTH_IN, _MARGIN_IN + _BAR_IN * min(len(found), _NAMED)),
        data=_data(found, baseline),
        reading=_READING,
    )


def _data(found: Sequence[SpeedUp], baseline: str) -> FigureData:
    columns = ("problem", "implementation", f"over_{baseline}", f"over_{baseline}_low", f"over_{baseline}_high")
    rows = tuple((one.result.descriptor, one.result.implementation, one.value, one.low, one.high) for one in found)
    return FigureData(columns, rows)


def _bar(axes: Axes, place: int, one: SpeedUp, mark: Mark) -> None:
    axes.barh(place, one.value - 1, left=1, height=_HEIGHT, color="white" if mark.is_hollow else mark.colour,
              edgecolor=mark.colour)  # fmt: skip
    if one.low is not None and one.high is not None:
        axes.hlines(place, one.low, one.high, colors="#222222", linewidth=canvas.scaled(1.4))


def _tick(value: float) -> str:
    return f"{canvas.tick_number(value)}×"
