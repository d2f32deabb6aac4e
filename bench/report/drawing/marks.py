"""Gives each implementation one colour and one marker, the same in every figure of every report.

A family of algorithms shares a hue: Winograd's are blue, those of the FFT purple, matrix products olive, direct sums
orange; libraries that choose for themselves are neutral or green. Shades differ in lightness, so they stay apart in
grey and for most colour-blind readers, and markers distinguish the rest. Every colour has a contrast of at least 3 on
white and, turned by bench.report.drawing.adaptive, on dark paper.
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
    # Not black: matplotlib leaves black out of an SVG, and nothing could turn it on dark paper.
    "torch": Mark("#1A1A1A", "o", 8.5, is_hollow=True),
    "onednn": Mark("#5F6B7A", "s"),
    "cudnn": Mark("#0A7D5A", "D"),
    "direct": Mark("#D55E00", "^"),
    "im2col": Mark("#6B8E23", "v"),
    "fft": Mark("#C255A0", "P", 7.5),
    "loops": Mark("#9C4A2F", "X", 7),
    "winograd-f2": Mark("#4A90D9", "<"),
    "winograd-f4": Mark("#1F5FBF", ">"),
    "winograd-f5": Mark("#173F8A", "8", 6.5),
    "winograd-f6": Mark("#0B2554", "*", 9.5),
    "implicit-gemm": Mark("#3F5A10", "h"),
    "fft-tiled": Mark("#86286B", "p"),
    "auto": Mark("#0F8AA0", "d"),
}
# The colour of everything modelled, as in report.css; no implementation has it, nor has anything measured.
MODELLED = "#6f3fa8"
_SPARE_COLOURS = ("#C25B6E", "#4F8550", "#4A7A99", "#9B6BB3", "#661100", "#A0527A", "#6E6E6E")
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
