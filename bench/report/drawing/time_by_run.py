"""Draws a series over the runs of a machine: points, the level between steps as lines, and each step with its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes

from bench.compare.sentences import percent
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.labels import short

WIDE_IN, NARROW_IN, SMALL_IN = (9.6, 3.4), (4.6, 3.6), (4.6, 2.9)
_POINT, _RAW, _SLOWER, _FASTER = "#3f4a56", "#b9c0c8", "#b00020", "#0b5cad"
# So many days stand below the axis, and so many letters beside a step.
_LABELS, _LETTERS = 4, 34
# The least height of the axis, as a share: the scatter of a series without a step looks no larger than it is.
_LEAST_REACH = 0.03


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """A step before the run of this number: the ratio after over before, and what changed with it."""

    at: int
    ratio: float
    words: str


@dataclass(frozen=True, slots=True)
class DrawnSeries:
    """A value for each run, None where it is missing; `raw` are fainter points beside them.

    `axis` is the label of the vertical axis; `is_time` says that values are seconds.
    """

    title: str
    values: tuple[float | None, ...]
    steps: tuple[DrawnStep, ...]
    axis: str
    is_time: bool
    raw: tuple[float | None, ...] | None = None


def panel(series: DrawnSeries, days: Sequence[str], size_in: tuple[float, float] = SMALL_IN) -> Image:
    """One series over the runs in their order; `days` are the days of the runs."""

    def draw(axes: Axes) -> None:
        if series.raw is not None:
            _points(axes, series.raw, _RAW, 2.6)
        _points(axes, series.values, _POINT, 3.8)
        _levels(axes, series)
        for step in series.steps:
            _draw_step(axes, step, len(days))
        _name_runs(axes, days)
        _limit(axes, series)
        canvas.logarithmic(axes, "y", canvas.tick_seconds if series.is_time else percent)
        axes.set_ylabel(series.axis)

    steps = "; ".join(f"{percent(one.ratio)} since {days[one.at]}: {one.words}" for one in series.steps)
    known = sum(value is not None for value in series.values)
    raw = series.raw or (None,) * len(days)
    rows = zip(days, series.values, raw, [_step_at(series, n) for n in range(len(days))], strict=True)
    return canvas.panel(
        draw,
        title="\n".join(short(line) for line in series.title.split("\n")),
        alt=f"{' on '.join(series.title.splitlines())} over {known} runs: {steps or 'no step'}.",
        size_in=size_in,
        data=FigureData(("day", "value", "value_with_what_all_share", "step_ratio"), tuple(rows)),
        reading="A point is a run, lines are the levels between steps; a dashed line is a step.",
    )


def _points(axes: Axes, values: Sequence[float | None], colour: str, size: float) -> None:
    known = [(n, value) for n, value in enumerate(values) if value is not None]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(x, y, linestyle="none", marker="o", markersize=canvas.scaled(size), color=colour,
                  markeredgewidth=0)  # fmt: skip


def _levels(axes: Axes, series: DrawnSeries) -> None:
    """The median between neighbouring steps."""
    ends = [0, *(step.at for step in series.steps), len(series.values)]
    for start, end in pairwise(ends):
        known = sorted(value for value in series.values[start:end] if value is not None)
        if known:
            axes.hlines(_median(known), start - 0.4, end - 0.6, colors=_POINT, linewidth=canvas.scaled(1.4), alpha=0.6)


def _median(known: Sequence[float]) -> float:
    """The median of sorted values, the geometric mean of the middle two of an even number."""
    middle = len(known) // 2
    return known[middle] if len(known) % 2 else math.sqrt(known[middle - 1] * known[middle])


def _draw_step(axes: Axes, step: DrawnStep, runs: int) -> None:
    """A line between two runs, and its words on the side that has more room."""
    colour = _SLOWER if step.ratio > 1 else _FASTER
    axes.axvline(step.at - 0.5, color=colour, linestyle="--", linewidth=canvas.scaled(1.2))
    words = step.words if len(step.words) <= _LETTERS else f"{step.words[: _LETTERS - 1]}…"
    is_left = step.at > runs / 2
    axes.annotate(f"{percent(step.ratio)}\n{words}", (step.at - 0.5, 1.0), xycoords=axes.get_xaxis_transform(),
                  xytext=(-4 if is_left else 4, -2), textcoords="offset points", va="top",
                  ha="right" if is_left else "left", color=colour, fontsize=canvas.scaled(8.0), zorder=5,
                  bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5})  # fmt: skip


def _name_runs(axes: Axes, days: Sequence[str]) -> None:
    """The days of a few runs, and room for one more run on both sides."""
    last = len(days) - 1
    places = sorted({round(last * n / (_LABELS - 1)) for n in range(_LABELS)})
    axes.set_xticks(places, [days[place] for place in places])
    axes.set_xlim(-1, last + 1)
    axes.grid(visible=False, axis="x")


def _limit(axes: Axes, series: DrawnSeries) -> None:
    """Room for the words of steps above the points, and no narrower axis than the scatter deserves."""
    logs = [math.log(value) for value in (*series.values, *(series.raw or ())) if value is not None] or [0.0]
    middle, half = (max(logs) + min(logs)) / 2, max((max(logs) - min(logs)) / 2, _LEAST_REACH)
    room = 1.9 if series.steps else 1.15
    axes.set_ylim(math.exp(middle - 1.15 * half), math.exp(middle + room * half))


def _step_at(series: DrawnSeries, number: int) -> float | None:
    return next((step.ratio for step in series.steps if step.at == number), None)
