"""Draws times, or joules, against a measure of cost: the straighter the cloud, the better the measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from bench import format
from bench.predict.study.results import MeasureFit, StudyResult
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look

_SIZE_IN = (5.4, 4.9)
_COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class MeasuredCost:
    """What a measure should follow: its label, its ticks, its column, and the values of a result."""

    label: str
    tick: Callable[[float], str]
    column: str
    values: Callable[[StudyResult], Sequence[float]]


TIMES = MeasuredCost(
    "time of one call", canvas.tick_seconds, "time_s", lambda result: [one.time_s for one in result.times]
)
JOULES = MeasuredCost(
    "joules of one call", canvas.tick_joules, "joules", lambda result: [one.joules or 0 for one in result.with_joules]
)


def panel(
    name: str,
    fits: Sequence[tuple[StudyResult, MeasureFit]],
    cost: MeasuredCost,
    marks: Mapping[str, Mark],
    on: str = "",
) -> Image:
    """Times or joules of all implementations against one measure; `on` is the device where there are several."""
    unit = fits[0][1].unit

    def draw(axes: Axes) -> None:
        for result, fit in fits:
            mark = marks[result.subject.implementation]
            axes.plot(fit.values, cost.values(result), linestyle="", alpha=0.8, label=_legend(result, fit),
                      **look(mark, canvas.scaled(1.0)))  # fmt: skip
        canvas.logarithmic(axes, "x", {"FLOP": canvas.tick_flops, "s": canvas.tick_seconds}.get(unit, _tick_count))
        canvas.logarithmic(axes, "y", cost.tick)
        if unit == "s" and cost is TIMES:
            _diagonal(axes)
        axes.set_xlabel(name)
        axes.set_ylabel(cost.label)

    title = f"{cost.label.partition(' ')[0].capitalize()} against {name}{on}"
    listed = "; ".join(_legend(result, fit) for result, fit in fits)
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}, both logarithmic. Spearman's correlation and R² of logarithms: {listed}.",
        size_in=_SIZE_IN,
        data=_data(fits, cost),
        reading="ρ is Spearman's rank correlation, R² that of logarithms by a line; 1 is perfect order.",
    )


def _legend(result: StudyResult, fit: MeasureFit) -> str:
    return f"{result.subject.implementation} ρ {share(fit.spearman)}, R² {share(fit.r2)}"


def share(value: float) -> str:
    """A correlation with two digits; a dash where one side does not vary."""
    return format.MISSING if math.isnan(value) else f"{value:.2f}"


def _diagonal(axes: Axes) -> None:
    """The line where a prediction is the time itself, without extending the axes."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    ends = [min(left, bottom), max(right, top)]
    axes.plot(ends, ends, color="#c4c4c4", linewidth=canvas.scaled(0.8), zorder=0.5)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _tick_count(value: float) -> str:
    """A number at a tick: 20 k."""
    scale, unit = next((one for one in _COUNTS if value >= one[0]), (1.0, ""))
    return f"{canvas.tick_number(value / scale)} {unit}".rstrip()


def _data(fits: Sequence[tuple[StudyResult, MeasureFit]], cost: MeasuredCost) -> FigureData:
    rows = tuple(
        (str(result.subject), x, y)
        for result, fit in fits
        for x, y in zip(fit.values, cost.values(result), strict=True)
    )
    return FigureData(("subject", "measure", cost.column), rows)
