"""Draws the times of problems of equal FLOPs, a line for each size that the FLOPs lie in.

The figures are those of A. Asperti, D. Evangelista, M. Marzolla (arXiv 2107.11949), redrawn for another machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.predict.study.problems import BATCH, CHANNELS, KERNEL, NEURONS, PLACES, POINTWISE, SPACE
from bench.predict.study.results import StudyResult, StudyTime
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas, labels
from bench.report.drawing.flops_and_time import iso_rates
from bench.report.drawing.marks import Mark, look

WIDE_IN, NARROW_IN, SMALL_IN = (9.6, 4.4), (4.6, 4.2), (4.6, 3.6)
# Colour, marker and dashes: any one of them tells the lines apart.
PLACE_MARKS: Mapping[str, Mark] = {
    SPACE: Mark("#1F5FBF", "o"),
    POINTWISE: Mark("#4A90D9", "s"),
    CHANNELS: Mark("#D55E00", "^", 6.5),
    KERNEL: Mark("#86286B", "D"),
    BATCH: Mark("#4F8550", "v", 6.5),
    NEURONS: Mark("#6B8E23", "P", 6.5),
}
_DENSE = (BATCH, NEURONS)
_DASHES = (4.0, 1.5)
_READING = (
    "Each line grows in one size only; problems of one level stand above each other. If FLOPs told the time, all lines "
    "were one, along a grey line of equal rate. Bars are 95 % intervals, often smaller than the marker; dashed lines "
    "are dense layers."
)


def panel(result: StudyResult, size_in: tuple[float, float] = SMALL_IN) -> Image:
    """Direct FLOPs against time of one implementation, a line for each place of the FLOPs."""
    lines = {where: _line(result.times, where) for where in PLACES}
    drawn = {where: own for where, own in lines.items() if own}

    def draw(axes: Axes) -> None:
        for where, own in drawn.items():
            _draw_line(axes, where, own)
        canvas.logarithmic(axes, "x", canvas.tick_flops)
        canvas.logarithmic(axes, "y", canvas.tick_seconds)
        iso_rates(axes)
        labels.at_ends(axes, [_end(where, own) for where, own in drawn.items()], labels.height_pt(axes))
        axes.set_xlabel("direct FLOPs of the level")
        axes.set_ylabel("time of one call")

    title = f"Equal FLOPs, {result.subject}"
    spreads = ", ".join(f"{level.spread:.1f}" for level in result.levels)
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: time by FLOPs, a line for each of {', '.join(drawn)}. Longest over shortest time of a level: "
        f"{spreads}.",
        size_in=size_in,
        data=_data(drawn),
        reading=_READING,
    )


def _line(times: Sequence[StudyTime], where: str) -> list[StudyTime]:
    return sorted((one for one in times if one.of.where == where), key=lambda one: one.level_flops)


def _draw_line(axes: Axes, where: str, own: Sequence[StudyTime]) -> None:
    mark, scale = PLACE_MARKS[where], canvas.scaled(1.0)
    x, y = [one.level_flops for one in own], [one.time_s for one in own]
    dashes = (0, _DASHES) if where in _DENSE else "solid"
    axes.plot(x, y, linestyle=dashes, linewidth=1.4 * scale, **look(mark, scale))
    known = [one for one in own if 0 < one.scatter < 1]
    axes.vlines(
        [one.level_flops for one in known],
        [one.time_s * (1 - one.scatter) for one in known],
        [one.time_s * (1 + one.scatter) for one in known],
        colors=mark.colour,
        linewidth=1.6 * scale,
    )


def _end(where: str, own: Sequence[StudyTime]) -> labels.End:
    return labels.End(where, own[-1].level_flops, own[-1].time_s, PLACE_MARKS[where].colour)


def _data(drawn: Mapping[str, Sequence[StudyTime]]) -> FigureData:
    rows = tuple(
        (where, one.of.level + 1, one.of.problem.descriptor, one.direct_flops, one.time_s)
        for where, own in drawn.items()
        for one in own
    )
    return FigureData(("flops_in", "level", "problem", "direct_flops", "time_s"), rows)
