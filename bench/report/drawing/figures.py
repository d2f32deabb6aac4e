"""The figures: an axis's times and rates, errors against their limit, FLOPs against time, network totals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.drawing import canvas
from bench.report.findings.marks import Mark
from bench.report.findings.results import GIGA, Group, Result
from bench.report.findings.series import Series

Marks = Mapping[str, Mark]
Interval = tuple[float, float]

# A numeric axis that spans more than this factor is drawn in powers of two.
_WIDE_AXIS = 12.0
# Share of the room between two words on an axis that the dots of one word take.
_DODGE = 0.7
_ISO_RATES_GFLOPS = (0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
# A grey line that leaves the picture further left than this share of its width has no room for its name.
_ROOM_FOR_WORDS = 0.25
# Share of an axis of numbers between neighbours among the dots of one number: too little to misread the number,
# enough to tell their intervals apart.
_ASIDE = 0.003
_FAULT = "#B00020"


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


def errors(results: Sequence[Result], group: Group, marks: Marks) -> Image | None:
    """The error of every checked result by implementation, with the limits; None if none can be drawn."""
    drawn = [r for r in results if r.group == group and _is_positive(r.error_rms)]
    if not drawn:
        return None
    names = [name for name in marks if any(r.implementation == name for r in drawn)]

    def draw(axes: Axes) -> None:
        for place, name in enumerate(names):
            own = [r for r in drawn if r.implementation == name]
            _column_of_errors(axes, place, own, marks[name])
        shown = [value for r in drawn for value in (r.error_rms, r.error_rms_limit) if _is_positive(value)]
        canvas.logarithmic(axes, "y", [value for value in shown if value], canvas.tick_power)
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_ylabel("rms error ÷ rms of the result")

    return canvas.panel(
        draw,
        title=f"Error, {group.label}",
        alt=f"Relative rms error of {', '.join(names)} on {group.label} with the largest that passes.",
    )


def flops_and_time(results: Sequence[Result], group: Group, marks: Marks) -> Image | None:
    """Direct FLOPs against time with lines of equal rate; None if nothing was timed."""
    drawn = [r for r in results if r.group == group and r.rate_gflops is not None]
    if not drawn:
        return None
    flops = [float(r.direct_flops) for r in drawn]
    times_s = [r.time.value_s for r in drawn if r.time]

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [r for r in drawn if r.implementation == name]
            if own:
                y = [r.time.value_s for r in own if r.time]
                x = [float(r.direct_flops) for r in own]
                axes.plot(x, y, linestyle="", alpha=0.8, label=name, **_look(mark))
        canvas.logarithmic(axes, "x", flops, canvas.tick_flops, many_decades=1.0)
        canvas.logarithmic(axes, "y", times_s, canvas.tick_seconds)
        _iso_rates(axes, flops, times_s)
        axes.set_xlabel("direct FLOPs")
        axes.set_ylabel("time of one call")

    return canvas.panel(
        draw,
        title=f"FLOPs against time, {group.label}",
        alt=f"Direct FLOPs against time of every timed case on {group.label}, both logarithmic.",
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
    drawn: list[float] = []
    for place, name in enumerate(names):
        points = [read(row[v]) if v in (row := series.results[name]) else None for v in series.values]
        x = _positions(series, place, len(names))
        y = [point[0] if point else math.nan for point in points]
        # A value that is missing breaks the line: nothing was measured there.
        style = "-" if series.axis.is_numeric else ""
        axes.plot(x, y, linestyle=style, linewidth=1.3, label=name, **_look(marks[name]))
        _error_bars(axes, x, points, marks[name].colour)
        drawn += [value for value in y if not math.isnan(value)]
    _name_values(axes, series)
    canvas.logarithmic(axes, "y", drawn, tick)
    axes.set_xlabel(series.axis.name)
    axes.set_ylabel(ylabel)


def _look(mark: Mark) -> dict[str, Any]:
    """A mark as matplotlib's line properties; a white rim keeps filled ones apart."""
    return {
        "color": mark.colour,
        "marker": mark.marker,
        "markersize": mark.size,
        "markerfacecolor": "none" if mark.is_hollow else mark.colour,
        "markeredgecolor": mark.colour if mark.is_hollow else "white",
        "markeredgewidth": 1.2 if mark.is_hollow else 0.5,
    }


def _positions(series: Series, place: int, among: int) -> list[float]:
    """Where the values stand for one of the implementations, a little beside the others."""
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


def _name_values(axes: Axes, series: Series) -> None:
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


def _column_of_errors(axes: Axes, place: int, results: Sequence[Result], mark: Mark) -> None:
    """One implementation's errors side by side, each under its own limit; what is wrong is crossed."""
    step = _DODGE / max(len(results), 1)
    for i, result in enumerate(results):
        is_wrong = result.status == "wrong"
        x = place + (i - (len(results) - 1) / 2) * step
        axes.plot(
            [x], [result.error_rms or math.nan], linestyle="", markersize=8 if is_wrong else 0.8 * mark.size,
            marker="x" if is_wrong else mark.marker, color=_FAULT if is_wrong else mark.colour,
            markerfacecolor="none" if mark.is_hollow else mark.colour,
        )  # fmt: skip
        limit = result.error_rms_limit
        if limit is not None and _is_positive(limit):
            axes.hlines(limit, x - step / 2, x + step / 2, colors=_FAULT, linewidth=1.2)


def _iso_rates(axes: Axes, flops: Sequence[float], times_s: Sequence[float]) -> None:
    """Grey lines of equal rate, within what the points already span."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for rate in _ISO_RATES_GFLOPS:
        ends = [left / rate / GIGA, right / rate / GIGA]
        if ends[1] < bottom or ends[0] > top:
            continue
        axes.plot([left, right], ends, color="#c4c4c4", linewidth=0.8, zorder=0.5)
        leaves_at_top = ends[1] > top
        x, y = (top * rate * GIGA, top) if leaves_at_top else (right, ends[1])
        if math.log(x / left) < _ROOM_FOR_WORDS * math.log(right / left):
            continue
        # Beside the line where it leaves the picture, never outside.
        axes.annotate(f"{canvas.tick_number(rate)} GFLOP/s", (x, y), fontsize=7, color="#8a8a8a", ha="right",
                      va="top" if leaves_at_top else "bottom", xytext=(-12, -3) if leaves_at_top else (0, 0),
                      textcoords="offset points")  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _time_of(result: Result) -> tuple[float, Interval | None] | None:
    return (result.time.value_s, result.time.interval_s) if result.time else None


def _rate_of(result: Result) -> tuple[float, Interval | None] | None:
    rate = result.rate_gflops
    return None if rate is None else (rate, result.rate_interval_gflops)


def _is_positive(value: float | None) -> bool:
    return value is not None and 0 < value < math.inf


def _listed(series: Series) -> str:
    return ", ".join(series.timed) or format.MISSING
