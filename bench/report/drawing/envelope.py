"""Draws a cost by implementation along an axis: the envelope of the least strong, the rest faint, names at the ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from bench.report.drawing import canvas, labels
from bench.report.drawing.marks import Mark, look

_FAINT, _INK = 0.35, "#222222"


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a line with its 95 % interval; both ends are None without one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Best:
    """Who is least at a position; a point where noise leaves that open is hollow."""

    name: str
    place: Place
    is_sure: bool = True


Lines = Mapping[str, Sequence[Place | None]]


def draw(
    axes: Axes,
    positions: Sequence[float],
    lines: Lines,
    best: Sequence[Best | None],
    marks: Mapping[str, Mark],
    tick: Callable[[float], str],
    *,
    joined: bool = True,
) -> None:
    """Fills a pair of axes; `joined` is false for an axis of words, where a line between two values means nothing."""
    winners = {one.name for one in best if one}
    ends = []
    for name, places in lines.items():
        known = [(x, place) for x, place in zip(positions, places, strict=True) if place is not None]
        if not known:
            continue
        _faint(axes, positions, places, marks[name], joined=joined)
        ends.append(labels.End(name, known[-1][0], known[-1][1].value, marks[name].colour, name in winners))
    _envelope(axes, positions, best, marks, joined=joined)
    canvas.logarithmic(axes, "y", tick)
    labels.at_ends(axes, ends, labels.height_pt(axes))


def _faint(axes: Axes, positions: Sequence[float], places: Sequence[Place | None], mark: Mark, *, joined: bool) -> None:
    """One implementation: a missing value breaks its line."""
    values = [math.nan if place is None else place.value for place in places]
    style = look(mark, canvas.scaled(0.6))
    axes.plot(positions, values, linestyle="-" if joined else "", linewidth=canvas.scaled(1.0), alpha=_FAINT, **style)
    known = [(x, p.low, p.high) for x, p in zip(positions, places, strict=True) if p and p.low and p.high]
    if known:
        # All at once: a call for each would take most of the time of a picture.
        at, lows, highs = zip(*known, strict=True)
        axes.vlines(at, lows, highs, colors=mark.colour, linewidth=canvas.scaled(1.0), alpha=_FAINT)


def _envelope(
    axes: Axes, positions: Sequence[float], best: Sequence[Best | None], marks: Mapping[str, Mark], *, joined: bool
) -> None:
    """The least value at each position: one strong line, each point in the mark of its implementation."""
    values = [math.nan if one is None else one.place.value for one in best]
    if joined:
        axes.plot(positions, values, color=_INK, linewidth=canvas.scaled(2.6), zorder=3, solid_capstyle="round",
                  gid="envelope")  # fmt: skip
    for x, one in zip(positions, best, strict=True):
        if one is None:
            continue
        mark, place = marks[one.name], one.place
        if place.low is not None and place.high is not None:
            axes.vlines(x, place.low, place.high, colors=_INK, linewidth=canvas.scaled(1.8), zorder=3.5)
        face = mark.colour if one.is_sure else "white"
        axes.plot([x], [place.value], linestyle="", marker=mark.marker, zorder=4,
                  markersize=canvas.scaled(1.35 * mark.size), markerfacecolor=face, markeredgecolor=_INK,
                  markeredgewidth=canvas.scaled(1.1))  # fmt: skip
