"""Draws the first picture of a page: time along the main axis, or the times of the central case as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import axis_lines, canvas, envelope
from bench.report.drawing.envelope import Best, Place
from bench.report.drawing.labels import short
from bench.report.drawing.marks import Mark
from bench.report.findings.main_series import MainSeries
from bench.report.findings.results import Result, Time

# One shape for a wide screen, one for a telephone, where the first would shrink until nobody can read it.
WIDE_IN, NARROW_IN = (9.6, 3.7), (4.6, 5.0)
_BAR_IN, _MARGIN_IN = 0.28, 0.9
# Room for text right of the longest bar, as a factor of its length.
_ROOM = 1.45
_FAINT = 0.4
_TIMES = ("time_s", "time_low_s", "time_high_s")
_ENVELOPE = "The strong line is the fastest at each value, hollow where noise leaves open which."

Size = tuple[float, float]


def by_axis(main: MainSeries, marks: Mapping[str, Mark], size_in: Size, *, is_busy: bool) -> Image:
    """Time along the axis; on a busy machine no envelope, which would name winners that noise chose."""
    series = axis_lines.drawn_part(main.series)
    numbers = series.axis.is_numeric
    positions = [float(v) for v in series.values] if numbers else [float(i) for i in range(len(series.values))]
    leads = dict(zip(main.series.values, main.leads, strict=True))
    lines = {
        name: [_place(row[v].time) if v in (row := series.results[name]) else None for v in series.values]
        for name in main.drawn
    }
    best = [
        None if is_busy or lead is None or (place := _place(lead.result.time)) is None
        else Best(lead.implementation, place, lead.is_sure)
        for lead in map(leads.__getitem__, series.values)
    ]  # fmt: skip

    def draw(axes: Axes) -> None:
        axis_lines.name_values(axes, series)
        envelope.draw(axes, positions, lines, best, marks, canvas.tick_seconds, joined=numbers)
        axes.set_xlabel(series.axis.name)
        axes.set_ylabel("time of one call, 95 % interval")

    led = ", ".join(f"{lead.implementation} at {value}" for value in series.values if (lead := leads[value]))
    least = "" if is_busy else f" Least time: {led}."
    return canvas.panel(
        draw,
        title=f"Time of one call by {series.axis.name}",
        alt=f"Time of one call by {series.axis.name} for {', '.join(main.drawn)}, logarithmic.{least}",
        size_in=size_in,
        data=_data(main),
        reading=f"{'' if is_busy else _ENVELOPE + ' '}{axis_lines.left_out(main.series)}Bars are 95 % intervals.",
    )


def _data(main: MainSeries) -> FigureData:
    """Every time of the series, and whether it is that of the fastest there."""
    series = main.series
    at = [float(value) if series.axis.is_numeric else value for value in series.values]
    first = {value: lead.implementation for value, lead in zip(series.values, main.leads, strict=True) if lead}
    rows = tuple(
        (name, where, time.value_s, time.low_s, time.high_s, first.get(value) == name)
        for name in main.drawn
        for value, where in zip(series.values, at, strict=True)
        if value in series.results[name] and (time := series.results[name][value].time)
    )
    return FigureData(("implementation", series.axis.name, *_TIMES, "is_fastest"), rows)


def bars(results: Sequence[Result], leaders: Sequence[str], marks: Mapping[str, Mark], width_in: float) -> Image:
    """The times of one case as bars, shortest on top; those of the leaders strong, the rest faint."""
    timed = [(result.implementation, result.time) for result in results if result.time]
    limit = canvas.CUT * min(time.value_s for _, time in timed)

    def draw(axes: Axes) -> None:
        for place, (name, time) in enumerate(timed):
            _bar(axes, place, time, marks[name], limit, is_strong=name in leaders)
        axes.set_yticks(range(len(timed)), [short(name) for name, _ in timed])
        axes.set_ylim(len(timed) - 0.5, -0.5)
        axes.set_xlim(0, min(limit, max(time.value_s for _, time in timed)) * _ROOM)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: canvas.tick_seconds(value) if value else "0")
        axes.set_xlabel("time of one call, 95 % interval")

    listed = ", ".join(f"{name} {format.time(time)}" for name, time in timed)
    return canvas.panel(
        draw,
        title="Time of one call",
        alt=f"Time of one call by implementation: {listed}.",
        size_in=(width_in, _MARGIN_IN + _BAR_IN * len(timed)),
        data=FigureData(
            ("implementation", *_TIMES), tuple((name, time.value_s, time.low_s, time.high_s) for name, time in timed)
        ),
        reading="Dark lines are 95 % intervals. A bar that ends in » is cut; the number beside it is whole.",
    )


def _bar(axes: Axes, place: int, time: Time, mark: Mark, limit: float, *, is_strong: bool) -> None:
    is_cut = time.value_s > limit
    end = min(time.value_s, limit)
    axes.barh(place, end, height=0.66, color="white" if mark.is_hollow else mark.colour, edgecolor=mark.colour,
              alpha=1.0 if is_strong else _FAINT)  # fmt: skip
    if time.interval_s and not is_cut:
        axes.hlines(place, *time.interval_s, colors="#222222", linewidth=canvas.scaled(1.4))
        end = max(end, time.interval_s[1])
    words = ("» " if is_cut else "") + format.time(time)
    axes.annotate(words, (end, place), xytext=(5, 0), textcoords="offset points", va="center",
                  color="#333333", fontweight="bold" if is_strong else "normal")  # fmt: skip


def _place(time: Time | None) -> Place | None:
    return None if time is None else Place(time.value_s, time.low_s, time.high_s)
