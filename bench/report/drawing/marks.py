"""Gives each implementation one colour and one marker, the same in every figure of every report.

Most colour-blind readers can distinguish the colours: Okabe and Ito ("Color Universal Design", 2008) first, then
Paul Tol's schemes (SRON/EPS/TN/09-002). Markers distinguish the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """The colour and marker of one implementation; a hollow mark stays visible under another one."""

    colour: str
    marker: str
    size: float = 5.5
    is_hollow: bool = False


BUILT_IN = {
    "torch": Mark("#000000", "o", 8.5, is_hollow=True),
    "onednn": Mark("#0072B2", "s"),
    "cudnn": Mark("#009E73", "D"),
    "direct": Mark("#D55E00", "^"),
    "im2col": Mark("#E69F00", "v"),
    "fft": Mark("#CC79A7", "P", 7.5),
    "loops": Mark("#7F7F7F", "X", 7),
    "winograd-f2": Mark("#56B4E9", "<"),
    "winograd-f4": Mark("#332288", ">"),
    "winograd-f5": Mark("#117733", "8", 6.5),
    "winograd-f6": Mark("#882255", "*", 9.5),
    "implicit-gemm": Mark("#999933", "h"),
    "fft-tiled": Mark("#AA4499", "p"),
    "auto": Mark("#44AA99", "d"),
}
_SPARE_COLOURS = ("#CC6677", "#BBCC33", "#88CCEE", "#DDCC77", "#661100", "#6699CC", "#888888")
_SPARE_MARKERS = ("H", "o", "s", "^", "v")


def marks_for(names: Iterable[str]) -> dict[str, Mark]:
    """A mark for each name: the fixed one, or for a plug-in the next spare one in alphabetical order of names."""
    wanted = tuple(dict.fromkeys(names))
    plugins = {name: i for i, name in enumerate(sorted(set(wanted) - set(BUILT_IN)))}
    return {name: BUILT_IN[name] if name in BUILT_IN else _spare(plugins[name]) for name in wanted}


def _spare(place: int) -> Mark:
    colour = _SPARE_COLOURS[place % len(_SPARE_COLOURS)]
    return Mark(colour, _SPARE_MARKERS[place // len(_SPARE_COLOURS) % len(_SPARE_MARKERS)])


def look(mark: Mark, scale: float = 1.0) -> dict[str, Any]:
    """A mark as matplotlib's line properties; filled markers get a white rim, so that they stay distinct.

    `scale` is the size of the figure's text over that of the page (`bench.report.drawing.canvas.scaled`).
    """
    return {
        "color": mark.colour,
        "marker": mark.marker,
        "markersize": mark.size * scale,
        "markerfacecolor": "none" if mark.is_hollow else mark.colour,
        "markeredgecolor": mark.colour if mark.is_hollow else "white",
        "markeredgewidth": (1.2 if mark.is_hollow else 0.5) * scale,
    }
