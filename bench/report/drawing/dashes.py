"""Gives each implementation the dashes of its line: with its marker they tell the lines of a grey print apart."""

from __future__ import annotations

from collections.abc import Iterable

from bench.report.drawing.marks import BUILT_IN

# As matplotlib has them: an offset, and the lengths of strokes and gaps in widths of the line.
LineStyle = tuple[float, tuple[float, ...]]

_LONG, _MEDIUM, _SHORT, _DOTS = (7.0, 2.0), (4.0, 1.5), (2.5, 1.5), (1.0, 1.2)
_LONG_DOT, _DASH_DOT, _DASH_DOTS = (7.0, 2.0, 1.0, 2.0), (4.0, 1.5, 1.0, 1.5), (4.0, 1.5, 1.0, 1.5, 1.0, 1.5)
# Built-in implementations that are missing here have whole lines, and markers of shapes that differ at first sight.
_BUILT_IN = {
    "fft": _DASH_DOT,
    "fft-tiled": _DASH_DOTS,
    "loops": _DOTS,
    "winograd-f2": _LONG,
    "winograd-f4": _MEDIUM,
    "winograd-f5": _SHORT,
    "winograd-f6": _LONG_DOT,
    "implicit-gemm": _DASH_DOT,
    "auto": _LONG,
}
# No plug-in has a whole line: markers of plug-ins are also those of built-in implementations with whole lines.
_SPARE = (_LONG, _MEDIUM, _SHORT, _DOTS, _LONG_DOT, _DASH_DOT, _DASH_DOTS)


def dashes_for(names: Iterable[str]) -> dict[str, LineStyle]:
    """The style of the line of each name; that of a plug-in is by its place in alphabetical order, as is its mark."""
    wanted = tuple(dict.fromkeys(names))
    plugins = {name: i for i, name in enumerate(sorted(set(wanted) - set(BUILT_IN)))}
    return {
        name: (0.0, _SPARE[plugins[name] % len(_SPARE)] if name in plugins else _BUILT_IN.get(name, ()))
        for name in wanted
    }
