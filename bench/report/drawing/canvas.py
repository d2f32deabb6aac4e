"""Draws a figure as one self-contained SVG image: no pyplot state, no date, no fonts of the reader."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench import format
from bench.report.document.blocks import Image

# A panel is half as wide as the page; on a telephone it fills the screen and its text stays legible.
PANEL_IN = (5.4, 4.2)
# Bars are cut at this multiple of the shortest one, or one long bar would flatten all the others.
CUT = 8.0
# matplotlib types these keys as literals that differ between its versions.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "convcost",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
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
# Above this many decades each decade has one tick; below it 1, 2 and 5 too; below the second number even more.
_MANY_DECADES, _FEW_DECADES = 2.5, 0.8


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
    return Image(f"data:image/svg+xml;base64,{base64.b64encode(text.getvalue()).decode()}", alt)


def logarithmic(
    axes: Axes,
    which: Literal["x", "y"],
    values: Sequence[float],
    text: Callable[[float], str],
    many_decades: float = _MANY_DECADES,
) -> None:
    """Makes the x or y axis logarithmic, with ticks that suit `values` and labels from `text`."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    decades = math.log10(max(values) / min(values)) if values else 0.0
    # Labels of a horizontal axis need more room than labels of a vertical one.
    few_decades = _FEW_DECADES if which == "y" else 0.0
    axis.set_major_locator(LogLocator(subs=_ticks(decades, few_decades, many_decades)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_formatter(NullFormatter())


def _ticks(decades: float, few_decades: float, many_decades: float) -> tuple[float, ...]:
    """The multiples of a power of ten that get a tick."""
    if decades > many_decades:
        return (1.0,)
    return (1.0, 2.0, 5.0) if decades >= few_decades else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)


def tick_seconds(value: float) -> str:
    """The time at a tick, without needless digits: 20 µs."""
    return _plain(format.seconds(value, 3))


def tick_joules(value: float) -> str:
    return _plain(format.joules(value))


def tick_number(value: float) -> str:
    return _plain(format.significant(value))


def tick_flops(value: float) -> str:
    return _plain(format.flops(round(value))) if value >= 1 else ""


def tick_power(value: float) -> str:
    return f"{value:.0e}"


def _plain(text: str) -> str:
    number, _, unit = text.partition(" ")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {unit}".strip()


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context(_STYLE):
        yield
