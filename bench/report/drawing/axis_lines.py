"""Draws time and rate along one axis of the sweep, one line per implementation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import canvas
from bench.report.drawing.dashes import dashes_for
from bench.report.drawing.labels import short
from bench.report.drawing.marks import Mark, look
from bench.report.drawing.thinning import LABELS, LINE, spread
from bench.report.findings.results import Result
from bench.report.findings.series import Series

Marks = Mapping[str, Mark]
# A value with its 95 % interval, None without one.
Point = tuple[float, tuple[float, float] | None]

# A numeric axis that spans more than this factor is drawn in powers of two.
_WIDE_AXIS = 12.0
# Share of the distance between two words on an axis that the dots of one word take.
_DODGE = 0.7
# Distance between the dots of one number, as a share of the axis: too small to misread the number, enough to
# separate the intervals.
_ASIDE = 0.003
_READING = (
    "Bars are 95 % intervals, often smaller than the marker; a gap is a case without a time. Markers at one value "
    "stand a little apart, so that their bars do not hide each other."
)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What is drawn over the axis: how a result has it, and its words; `columns` are the value and its ends."""

    read: Callable[[Result], Point | None]
    title: str
    label: str
    tick: Callable[[float], str]
    columns: tuple[str, str, str]


def times(series: Series, marks: Marks) -> Image:
    """Time by axis value with 95 % error bars, one line per implementation."""
    return canvas.image(_drawing(series, marks, _TIME))


def rates(series: Series, marks: Marks) -> Image:
    """Effective GFLOP/s by axis value with 95 % error bars, one line per implementation."""
    return canvas.image(_drawing(series, marks, _RATE))


def _drawing(series: Series, marks: Marks, what: _Quantity) -> Drawing:
    shown = drawn_part(series)
    points, drawn = _points(series, marks, what), _points(shown, marks, what)
    where = f"{series.axis.name}, {series.group.label}"
    on = f"{series.axis.name} for {_listed(series)} on {series.group.label}"
    return Drawing(
        lambda axes: _by_axis(axes, shown, marks, what, drawn),
        title=f"{what.title} by {where}",
        alt=f"{what.title} by {on}, logarithmic.",
        size_in=canvas.PANEL_IN,
        data=_data(series, what, points),
        reading=f"One problem, {series.base}, with its {series.axis.name} varied. {left_out(series)}{_READING}",
    )


def drawn_part(series: Series) -> Series:
    """A series with so few values that a line shows each of them."""
    return replace(series, values=tuple(series.values[i] for i in spread(len(series.values), LINE)))


def left_out(series: Series) -> str:
    """A sentence on the values that are not drawn, with a space after it; empty where all are."""
    count = len(series.values)
    return "" if count <= LINE else f"{LINE} of {count:,} values are drawn, evenly spread; the explorer has all. "


def _points(series: Series, marks: Marks, what: _Quantity) -> dict[str, list[Point | None]]:
    return {
        name: [what.read(row[v]) if v in (row := series.results[name]) else None for v in series.values]
        for name in series.timed
        if name in marks
    }


def _data(series: Series, what: _Quantity, points: Mapping[str, Sequence[Point | None]]) -> FigureData:
    at = [float(value) if series.axis.is_numeric else value for value in series.values]
    rows = [
        (name, value, point[0], *(point[1] or (None, None)))
        for name, own in points.items()
        for value, point in zip(at, own, strict=True)
        if point is not None
    ]
    return FigureData(("implementation", series.axis.name, *what.columns), tuple(rows))


def _by_axis(
    axes: Axes, series: Series, marks: Marks, what: _Quantity, points: Mapping[str, Sequence[Point | None]]
) -> None:
    dashes, scale = dashes_for(marks), canvas.scaled(1.0)
    for place, (name, own) in enumerate(points.items()):
        x = _positions(series, place, len(points))
        y = [point[0] if point else math.nan for point in own]
        # A missing value breaks the line.
        style = dashes[name] if series.axis.is_numeric else ""
        axes.plot(x, y, linestyle=style, linewidth=1.3 * scale, label=name, **look(marks[name], scale))
        _error_bars(axes, x, own, marks[name].colour)
    name_values(axes, series)
    canvas.logarithmic(axes, "y", what.tick)
    axes.set_xlabel(series.axis.name)
    axes.set_ylabel(what.label)


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
    labelled = [(i, short(series.values[i])) for i in spread(len(series.values), LABELS)]
    if not series.axis.is_numeric:
        axes.set_xticks([i for i, _ in labelled], [value for _, value in labelled])
        axes.set_xlim(-0.5, len(series.values) - 0.5)
        axes.grid(visible=False, axis="x")
        return
    numbers = [float(value) for value in series.values]
    if _is_wide(numbers):
        axes.set_xscale("log", base=2)
    axes.set_xticks([numbers[i] for i, _ in labelled], [value for _, value in labelled])
    axes.set_xticks([], minor=True)


def _error_bars(axes: Axes, x: Sequence[float], points: Sequence[Point | None], colour: str) -> None:
    known = [(position, *point[1]) for position, point in zip(x, points, strict=True) if point and point[1]]
    if known:
        # All at once: a call for each would take a tenth of the time of a picture.
        at, lows, highs = zip(*known, strict=True)
        axes.vlines(at, lows, highs, colors=colour, linewidth=canvas.scaled(1.6))


def _time_of(result: Result) -> Point | None:
    return (result.time.value_s, result.time.interval_s) if result.time else None


def _rate_of(result: Result) -> Point | None:
    rate = result.rate_gflops
    return None if rate is None else (rate, result.rate_interval_gflops)


def _listed(series: Series) -> str:
    return ", ".join(series.timed) or format.MISSING


_TIME = _Quantity(_time_of, "Time", "time of one call", canvas.tick_seconds, ("time_s", "time_low_s", "time_high_s"))
_RATE = _Quantity(
    _rate_of, "Effective GFLOP/s", "effective GFLOP/s", canvas.tick_number,
    ("rate_gflops", "rate_low_gflops", "rate_high_gflops"),
)  # fmt: skip
