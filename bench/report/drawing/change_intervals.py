"""Draws changes as points with their intervals, the largest on top, in a colour and a mark for each verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from bench.compare.sentences import percent
from bench.compare.verdicts import ChangeVerdict
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.labels import short

# A verdict is told by colour, mark and word alike, so that none of them is needed.
_LOOKS = {
    ChangeVerdict.SLOWER: ("#b00020", ">"),
    ChangeVerdict.FASTER: ("#0b5cad", "<"),
    ChangeVerdict.SAME: ("#4f6b58", "o"),
    ChangeVerdict.UNDECIDED: ("#767676", "D"),
    ChangeVerdict.NOT_TESTED: ("#767676", "s"),
}
# Grey without a hue: on dark screens it becomes nearly the paper.
_MARGIN_COLOUR = "#ededed"
# Distances of ticks on a narrow axis, as shares, and the most ticks; a wider one than this ratio is logarithmic.
_STEPS, _MOST_TICKS, _NARROW_AXIS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2), 7, 1.9
_WIDE_IN, _NARROW_IN = 9.6, 4.4
# Where a case has the whole width; its end tells cases apart.
_LONGEST_CASE = 44
_ROW_IN, _TWO_LINES_IN, _AROUND_IN = 0.25, 0.4, 1.1
# An interval reaches no farther than this multiple of the largest change, or one would flatten all the others.
_REACH = 2.0
# Intervals of less than this leave the axis without a tick.
_LEAST_REACH = 0.01


@dataclass(frozen=True, slots=True)
class DrawnChange:
    """A change as the picture has it: the ratio of new over old with its 95 % interval, and what it is of."""

    name: str
    case: str
    ratio: float
    low: float | None
    high: float | None
    verdict: ChangeVerdict


def panel(found: Sequence[DrawnChange], title: str, margin: float, *, is_narrow: bool = False) -> Image:
    """The changes in the given order, from the top; changes within the grey band are within the margin."""
    low, high = _limits(found, margin)

    def draw(axes: Axes) -> None:
        axes.axvspan(1 / (1 + margin), 1 + margin, color=_MARGIN_COLOUR, zorder=0)
        axes.axvline(1.0, color="#444444", linewidth=canvas.scaled(1.0))
        for place, one in enumerate(found):
            _draw_one(axes, place, one, (low, high))
        axes.set_yticks(range(len(found)), [_label(one, is_narrow=is_narrow) for one in found])
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.set_xlim(low, high)
        axes.grid(visible=False, axis="y")
        canvas.logarithmic(axes, "x", percent)
        if high / low < _NARROW_AXIS:
            # No change has a tick, which round ratios alone do not give.
            ticks = _ticks(low, high)
            axes.set_xticks(ticks, [percent(tick) for tick in ticks])
        axes.set_xlabel("faster ← change, 95 % interval → slower")

    listed = "; ".join(f"{one.name} {one.case} {percent(one.ratio)}, {one.verdict}".replace("  ", " ") for one in found)
    row_in = _TWO_LINES_IN if is_narrow else _ROW_IN
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: {listed}.",
        size_in=(_NARROW_IN if is_narrow else _WIDE_IN, _AROUND_IN + row_in * len(found)),
        data=FigureData(
            ("implementation", "case", "new_over_old", "low", "high", "verdict"),
            tuple((one.name, one.case, one.ratio, one.low, one.high, str(one.verdict)) for one in found),
        ),
        reading="Points are changes, lines their 95 % intervals, those that reach the edge go on; the band is the "
        "margin within which changes are the same.",
    )


def _label(one: DrawnChange, *, is_narrow: bool) -> str:
    if not one.case:
        return short(one.name)
    if is_narrow:
        return f"{short(one.name)}\n{short(one.case)}"
    return f"{short(one.name)}  {short(one.case, _LONGEST_CASE)}"


def _draw_one(axes: Axes, place: int, one: DrawnChange, limits: tuple[float, float]) -> None:
    colour, marker = _LOOKS[one.verdict]
    if one.low is not None and one.high is not None:
        start, end = (min(max(value, limits[0]), limits[1]) for value in (one.low, one.high))
        axes.hlines(place, start, end, colors=colour, linewidth=canvas.scaled(1.6))
    is_open = one.verdict in (ChangeVerdict.UNDECIDED, ChangeVerdict.NOT_TESTED)
    axes.plot([one.ratio], [place], linestyle="none", marker=marker, color=colour, markersize=canvas.scaled(6.0),
              markerfacecolor="white" if is_open else colour)  # fmt: skip
    axes.annotate(f"{percent(one.ratio)} {str(one.verdict).replace('-', ' ')}", (1.0, place), xytext=(5, 0),
                  xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center", color=colour,
                  annotation_clip=False)  # fmt: skip


def _limits(found: Sequence[DrawnChange], margin: float) -> tuple[float, float]:
    """The ends of the axis: all changes, and intervals as far as they tell more than that they are wide."""
    most = max([math.log1p(margin), _LEAST_REACH, *(abs(math.log(one.ratio)) for one in found)])
    reach = _REACH * most
    ends = [math.log(end) for one in found for end in (one.low, one.high) if end]
    room = 0.08 * most
    low = min([-most, *(max(end, -reach) for end in ends)]) - room
    high = max([most, *(min(end, reach) for end in ends)]) + room
    return math.exp(low), math.exp(high)


def _ticks(low: float, high: float) -> list[float]:
    """Ratios at even distances about 1 between two ends near it."""
    step = next((step for step in _STEPS if (high - low) / step < _MOST_TICKS), _STEPS[-1])
    return [1 + n * step for n in range(math.ceil((low - 1) / step), math.floor((high - 1) / step) + 1)]
