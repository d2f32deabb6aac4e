"""Draws the time of torch over that of the fastest as bars from 1, one for each case, the largest on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.labels import short
from bench.report.drawing.marks import Mark
from bench.report.findings.against import TORCH
from bench.report.findings.speed_ups import SpeedUp

_BAR_IN, _MARGIN_IN, _WIDTH_IN = 0.24, 1.0, 6.8
# Room right of the longest bar for its words, as a factor.
_ROOM = 1.9


def panel(found: Sequence[tuple[str, SpeedUp]], marks: Mapping[str, Mark], title: str, baseline: str = TORCH) -> Image:
    """The bars in the given order, each with the name of the fastest and its 95 % interval."""
    ends = [end for _, one in found for end in (one.factor.low, one.factor.high, one.factor.value) if end is not None]

    def draw(axes: Axes) -> None:
        for place, (_, one) in enumerate(found):
            _bar(axes, place, one, marks)
        axes.set_yticks(range(len(found)), [short(name) for name, _ in found])
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlim(min(0.9, *ends), max(2.0, *ends) * _ROOM)
        canvas.logarithmic(axes, "x", canvas.tick_ratio)
        axes.axvline(1.0, color="#444444", linewidth=canvas.scaled(1.0))
        axes.set_xlabel(f"time of {baseline} ÷ time of the fastest, 95 % interval")

    listed = ", ".join(f"{name} {format.ratio(one.factor.value)}" for name, one in found)
    return canvas.panel(
        draw,
        title=title,
        alt=f"Time of {baseline} over that of the fastest, by case: {listed}.",
        size_in=(_WIDTH_IN, _MARGIN_IN + _BAR_IN * len(found)),
        data=_data(found, baseline),
        reading="Bars begin at 1, as fast as the baseline; dark lines are 95 % intervals, paired within blocks.",
    )


def _data(found: Sequence[tuple[str, SpeedUp]], baseline: str) -> FigureData:
    columns = ("case", "problem", "fastest", *(f"{baseline}_over_fastest{end}" for end in ("", "_low", "_high")))
    rows = tuple(
        (name, one.ranking.order[0].descriptor, one.ranking.order[0].implementation, one.factor.value, one.factor.low,
         one.factor.high)
        for name, one in found
    )  # fmt: skip
    return FigureData(columns, rows)


def _bar(axes: Axes, place: int, one: SpeedUp, marks: Mapping[str, Mark]) -> None:
    first = one.ranking.order[0].implementation
    value, end = one.factor.value, one.factor.value
    axes.barh(place, value - 1, left=1, height=0.66, color=marks[first].colour, edgecolor=marks[first].colour)
    if one.factor.low is not None and one.factor.high is not None:
        axes.hlines(place, one.factor.low, one.factor.high, colors="#222222", linewidth=canvas.scaled(1.4))
        end = max(end, one.factor.high)
    axes.annotate(f"{format.ratio(value)} {first}", (max(end, 1.0), place), xytext=(5, 0), va="center",
                  textcoords="offset points", color="#333333")  # fmt: skip
