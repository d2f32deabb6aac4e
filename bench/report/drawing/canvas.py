"""Draws a figure as one self-contained SVG image: no pyplot state, no date, and colours for dark screens."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from bench import format
from bench.report.document.blocks import Image
from bench.report.drawing import adaptive
from bench.report.drawing.compact import compact

# A panel is half as wide as the page; on a telephone it fills the screen and its text stays legible.
PANEL_IN = (5.4, 4.2)
# A wider one is not shrunk to the width of a telephone: its frame scrolls.
_WIDE_IN = 6.0
# Bars are cut at this multiple of the shortest one, or one long bar would flatten all the others.
CUT = 8.0
# matplotlib types these keys as literals that differ between its versions.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "convcost",
    # Words stay words: smaller, searchable, and in the fonts of the reader, which are no wider than the one drawn with.
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": "#222222",
    # A dollar sign in a name starts no formula.
    "text.parse_math": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": "#444444",
    "axes.edgecolor": "#999999",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.constrained_layout.use": True,
}
# The multiples of powers of ten that get a tick: the first of these lists that gives enough ticks, else a linear scale.
_MULTIPLES = ((1.0,), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
_ENOUGH = 3
_BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
# Labels of a horizontal axis need more room than those of a vertical one.
_MOST = {"x": 5, "y": 9}


def panel(draw: Callable[[Axes], None], *, title: str, alt: str, size_in: tuple[float, float] = PANEL_IN) -> Image:
    """One pair of axes as `draw` fills it, with a legend of its labels below."""
    with _style():
        figure = Figure(figsize=size_in)
        axes = figure.add_subplot()
        axes.set_title(title, color="#222222")
        draw(axes)
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower left", ncols=4, handletextpad=0.4, columnspacing=1.2)
        text = io.BytesIO()
        # Without a date the same run gives the same bytes.
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = adaptive.adapt(compact(text.getvalue().decode()))
    uri = f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
    return Image(uri, alt, is_wide=size_in[0] > _WIDE_IN)


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


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context(_STYLE):
        yield
