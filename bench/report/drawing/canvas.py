"""Draws a figure as one self-contained SVG image: no pyplot state, no date, and colours for dark screens."""

from __future__ import annotations

import base64
import io
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import adaptive
from bench.report.drawing.compact import compact

# A panel is half as wide as the page; on a telephone it fills the screen and its text stays legible.
PANEL_IN = (5.4, 4.2)
# Bars are cut at this multiple of the shortest one, or one long bar would flatten all the others.
CUT = 8.0
# The text of the page and its font; lines, marks and other text of a drawing are in proportion to the text.
PAGE_PT, PAGE_FONT = 9.0, "DejaVu Sans"
# matplotlib types these keys as literals that differ between its versions.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "convcost",
    # Words stay words: smaller, searchable, and in the fonts of the reader, which are no wider than the one drawn with.
    "svg.fonttype": "none",
    # Editors of text can open it, and publishers ask for it.
    "pdf.fonttype": 42,
    "text.color": "#222222",
    # A dollar sign in a name starts no formula.
    "text.parse_math": False,
    "axes.titlelocation": "left",
    "axes.labelcolor": "#444444",
    "axes.edgecolor": "#999999",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
# Points beside text of PAGE_PT; they grow and shrink with it.
_SIZES: dict[Any, float] = {
    "font.size": PAGE_PT,
    "axes.titlesize": 9.5,
    "legend.fontsize": 8.5,
    "axes.linewidth": 0.7,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.8,
    **{f"{axis}tick.major.{what}": points for axis in "xy" for what, points in (("size", 3.5), ("width", 0.8))},
}
# A legend has at most so many columns; a letter is about so wide, as a share of the size of its text, and the mark
# before a name takes the room of so many letters.
_MOST_COLUMNS, _LETTER, _MARK_LETTERS = 4, 0.5, 8
# The share of a figure's width that its title has; the labels of the vertical axis have the rest.
_TITLE = 0.85
_LINE_IN = 0.17
# Titles of our own have fewer letters.
_LONGEST_TEXT = 300
# The multiples of powers of ten that get a tick: the first of these lists that gives enough ticks, else a linear scale.
_MULTIPLES = ((1.0,), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
_ENOUGH = 3
_BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
# Labels of a horizontal axis need more room than those of a vertical one.
_MOST = {"x": 5, "y": 9}


def panel(
    draw: Callable[[Axes], None],
    *,
    title: str,
    alt: str,
    size_in: tuple[float, float] = PANEL_IN,
    data: FigureData | None = None,
    reading: str = "",
) -> Image:
    """One pair of axes as `draw` fills it, with a legend of its labels below."""
    return image(Drawing(draw, title, alt, size_in, data, reading))


def image(drawing: Drawing) -> Image:
    """A drawing as the page shows it, drawn when the page asks for it."""
    return Image(drawing.alt, drawing, _uri)


def _uri(drawing: Drawing) -> str:
    with style():
        text = io.BytesIO()
        made = figure(drawing)
        _lay_out(made)
        # Without a date the same run gives the same bytes.
        made.savefig(text, format="svg", metadata={"Date": None})
    drawn = adaptive.adapt(compact(text.getvalue().decode()))
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _lay_out(made: Figure) -> None:
    """Places everything now: `savefig` would draw a figure with a layout twice, once only to place its parts."""
    FigureCanvasSVG(made)
    engine = made.get_layout_engine()
    if engine is not None:
        engine.execute(made)
        with matplotlib.rc_context({"figure.constrained_layout.use": False}):
            made.set_layout_engine(None)


def figure(drawing: Drawing, size_in: tuple[float, float] | None = None, *, with_title: bool = True) -> Figure:
    """A drawing with its legend, within a `style`, in the size of the page or in another one."""
    size_in = size_in or drawing.size_in
    title = _wrapped(_short(drawing.title), size_in[0]) if with_title else ""
    # A line that a narrow figure needs for its title takes nothing from the drawing.
    more_in = (title.count("\n") - drawing.title.count("\n")) * _LINE_IN if with_title else 0.0
    made = Figure(figsize=(size_in[0], size_in[1] + more_in))
    axes = made.add_subplot()
    if with_title:
        axes.set_title(title, color="#222222")
    drawing.draw(axes)
    for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts):
        text.set_text(_short(text.get_text()))
    handles, names = axes.get_legend_handles_labels()
    labels = [*map(_short, names)]
    if handles:
        made.legend(handles, labels, loc="outside lower left", **legend_layout(labels, size_in[0]))
    return made


def _short(text: str) -> str:
    """The text of a figure, which has no room for thousands of letters, and takes seconds to place them."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _wrapped(title: str, width_in: float) -> str:
    """A title in as many lines as it takes."""
    letter_in = _LETTER * float(matplotlib.rcParams["axes.titlesize"]) / 72
    return "\n".join(textwrap.fill(line, max(1, int(width_in * _TITLE / letter_in))) for line in title.split("\n"))


def legend_layout(labels: Sequence[str], width_in: float) -> dict[str, Any]:
    """The layout of a legend with as many columns as the width has room for."""
    letter_in = _LETTER * float(matplotlib.rcParams["legend.fontsize"]) / 72
    fitting = (n for n in range(_MOST_COLUMNS, 1, -1) if letter_in * _legend_letters(labels, n) <= width_in)
    return {"ncols": next(fitting, 1), "handletextpad": 0.4, "columnspacing": 1.2, "labelspacing": 0.35}


def _legend_letters(labels: Sequence[str], columns: int) -> int:
    """The width of a legend in letters: its names stand below each other in columns, the first of them the longest."""
    each, more = divmod(len(labels), columns)
    ends = [number * each + min(number, more) for number in range(columns + 1)]
    longest = [max(map(len, labels[start:end]), default=0) for start, end in pairwise(ends)]
    return sum(longest) + _MARK_LETTERS * columns


def scaled(points: float) -> float:
    """Points beside the text of the page, as points beside the text of the figure that is drawn."""
    return points * float(matplotlib.rcParams["font.size"]) / PAGE_PT


@contextmanager
def style(text_pt: float = PAGE_PT, *fonts: str, are_words_shapes: bool = False) -> Iterator[None]:
    """The look of every figure, with text of `text_pt` points; a letter that a font lacks comes from the next one.

    With `are_words_shapes` an SVG looks the same where its font is not installed.
    """
    others: dict[Any, Any] = {"svg.fonttype": "path"} if are_words_shapes else {}
    sizes = {name: points * text_pt / PAGE_PT for name, points in _SIZES.items()}
    with matplotlib.rc_context({**_STYLE, **sizes, **others, "font.family": [*dict.fromkeys((*fonts, PAGE_FONT))]}):
        yield


def logarithmic(
    axes: Axes,
    which: Literal["x", "y"],
    text: Callable[[float], str],
) -> None:
    """Makes the x or y axis of a finished drawing logarithmic, with at least two ticks and labels from `text`."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    # No label twice: ticks may be closer than the digits of a label.
    labelled = {text(value): value for value in reversed(_ticks(low, high, _MOST[which]))}
    axis.set_major_locator(FixedLocator(list(labelled.values())))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two positive limits, at most `most` of them."""
    for multiples in _MULTIPLES:
        exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [v for e in exponents for multiple in multiples if low <= (v := multiple * 10.0**e) <= high]
        if len(found) >= _ENOUGH:
            return found[:: math.ceil(len(found) / most)]
    return [v for v in MaxNLocator(nbins=_ENOUGH + 1).tick_values(low, high) if low <= v <= high]


def tick_seconds(value: float) -> str:
    """The time at a tick, without needless digits: 20 µs."""
    return _plain(format.seconds(value))


def tick_joules(value: float) -> str:
    return _plain(format.joules(value))


def tick_number(value: float) -> str:
    return _plain(format.significant(value))


def tick_bytes(value: float) -> str:
    """Bytes at a tick, in decimal units as the ticks are: 10 MB."""
    scale, unit = next((one for one in _BYTE_UNITS if value >= one[0]), _BYTE_UNITS[-1])
    return f"{_plain(format.significant(value / scale))} {unit}"


def tick_flops(value: float) -> str:
    return _plain(format.flops(round(value))) if value >= 1 else ""


def tick_ratio(value: float) -> str:
    """A factor at a tick: 2×."""
    return f"{_plain(format.significant(value))}×"


def tick_power(value: float) -> str:
    return f"{value:.2g}"


def _plain(text: str) -> str:
    number, _, unit = text.partition(" ")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {unit}".strip()
