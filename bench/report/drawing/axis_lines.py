"""Draws time and rate along one axis of the sweep, one line per implementation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.findings.results import Result
from bench.report.findings.series import Series

Marks = Mapping[str, Mark]
Interval = tuple[float, float]

# A numeric axis that spans more than this factor is drawn in powers of two.
_WIDE_AXIS = 12.0
# Share of the distance between two words on an axis that the dots of one word take.
_DODGE = 0.7
# Distance between the dots of one number, as a share of the axis: too small to misread the number, enough to
# separate the intervals.
_ASIDE = 0.003


def times(series: Series, marks: Marks) -> Image:
    """Time by axis value with 95 % error bars, one line per implementation."""
    return canvas.panel(
        lambda axes: _by_axis(axes, series, marks, _time_of, "time of one call", canvas.tick_seconds),
        title=f"Time by {series.axis.name}, {series.group.label}",
        alt=f"Time by {series.axis.name} for {_listed(series)} on {series.group.label}, logarithmic.",
    )


def rates(series: Series, marks: Marks) -> Image:
    """Effective GFLOP/s by axis value with 95 % error bars, one line per implementation."""
    return canvas.panel(
        lambda axes: _by_axis(axes, series, marks, _rate_of, "effective GFLOP/s", canvas.tick_number),
        title=f"Effective GFLOP/s by {series.axis.name}, {series.group.label}",
        alt=f"Effective GFLOP/s by {series.axis.name} for {_listed(series)} on {series.group.label}, logarithmic.",
    )


def _by_axis(
    axes: Axes,
    series: Series,
    marks: Marks,
    read: Callable[[Result], tuple[float, Interval | None] | None],
    ylabel: str,
    tick: Callable[[float], str],
) -> None:
    names = [name for name in series.timed if name in marks]
    for place, name in enumerate(names):
        points = [read(row[v]) if v in (row := series.results[name]) else None for v in series.values]
        x = _positions(series, place, len(names))
        y = [point[0] if point else math.nan for point in points]
        # A missing value breaks the line.
        style = "-" if series.axis.is_numeric else ""
        axes.plot(x, y, linestyle=style, linewidth=1.3, label=name, **look(marks[name]))
        _error_bars(axes, x, points, marks[name].colour)
    name_values(axes, series)
    canvas.logarithmic(axes, "y", tick)
    axes.set_xlabel(series.axis.name)
    axes.set_ylabel(ylabel)


def _positions(series: Series, place: int, among: int) -> list[float]:
    """The positions of one implementation's values, shifted a little from those of the others."""
    step = place - (among - 1) / 2
    if not series.axis.is_numeric:
        return [i + step * _DODGE / among for i in range(len(series.values))]
    numbers = [float(value) for value in series.values]
    if _is_wide(numbers):
        factor = (max(numbers) / min(numbers)) ** (step * _ASIDE)
        return [number * factor for number in numbers]
    return [number + step * _ASIDE * (max(numbers) - min(numbers)) for number in numbers]


def _is_wide(numbers: Sequence[float]) -> bool:
    return min(numbers) > 0 and max(numbers) / min(numbers) > _WIDE_AXIS


def name_values(axes: Axes, series: Series) -> None:
    """The values of the axis as ticks: numbers at their places, wide ranges in powers of two, words side by side."""
    if not series.axis.is_numeric:
        axes.set_xticks(range(len(series.values)), list(series.values))
        axes.set_xlim(-0.5, len(series.values) - 0.5)
        axes.grid(visible=False, axis="x")
        return
    numbers = [float(value) for value in series.values]
    if _is_wide(numbers):
        axes.set_xscale("log", base=2)
    axes.set_xticks(numbers, list(series.values))
    axes.set_xticks([], minor=True)


def _error_bars(
    axes: Axes, x: Sequence[float], points: Sequence[tuple[float, Interval | None] | None], colour: str
) -> None:
    for position, point in zip(x, points, strict=True):
        if point and point[1]:
            axes.vlines(position, point[1][0], point[1][1], colors=colour, linewidth=1.6)


def _time_of(result: Result) -> tuple[float, Interval | None] | None:
    return (result.time.value_s, result.time.interval_s) if result.time else None


def _rate_of(result: Result) -> tuple[float, Interval | None] | None:
    rate = result.rate_gflops
    return None if rate is None else (rate, result.rate_interval_gflops)


def _listed(series: Series) -> str:
    return ", ".join(series.timed) or format.MISSING
