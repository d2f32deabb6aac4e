"""Draws joules per call as bars: measured ones solid with intervals, modelled ones hatched in a separate figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import MODELLED, Mark
from bench.report.findings.joule_ranking import JouleRanking
from bench.report.findings.joules import JoulesPerCall

_BAR_IN, _MARGIN_IN, _WIDTH_IN = 0.3, 1.1, 6.8
_HEIGHT = 0.66
# Room for text right of the longest bar, as a factor of its length.
_ROOM = 1.4
_CUT = "A bar that ends in » is cut; the number beside it is whole."
_MODELLED = (
    "Dark lines, where there are any, are by the error of rows that were left out of the fit; they are no 95 % "
    "intervals."
)
_MEASURED = f"Dark lines are 95 % intervals without the uncertainty of the meter's scale, which all share. {_CUT}"


def measured(ranked: JouleRanking, marks: Mapping[str, Mark]) -> Image:
    """Bars of a case's measured joules, fewest on top, each with its 95 % interval."""
    shown = {entry.result.implementation: entry.joules for entry in ranked.order}
    case = ranked.times.order[0].descriptor

    def bar(axes: Axes, place: int, name: str, length: float) -> None:
        mark = marks[name]
        axes.barh(place, length, height=_HEIGHT, color="white" if mark.is_hollow else mark.colour,
                  edgecolor=mark.colour)  # fmt: skip

    return _panel(
        shown,
        bar,
        title=f"Measured {ranked.quantity} joules per call, {ranked.source.label}\n{case}, {ranked.times.group.label}",
        xlabel=f"{ranked.quantity} energy per call, measured",
        alt=f"Measured {ranked.quantity} joules per call on {case} by implementation, with 95 % intervals.",
        column=f"measured_{ranked.quantity}",
        reading=_MEASURED,
    )


def modelled(values: Sequence[tuple[str, JoulesPerCall]], case: str, label: str, how: str) -> Image:
    """Hatched bars of a case's modelled joules in the given order, with their ranges, in a colour of their own."""

    def bar(axes: Axes, place: int, _: str, length: float) -> None:
        axes.barh(place, length, height=_HEIGHT, color="white", edgecolor=MODELLED, hatch="////")

    return _panel(
        dict(values),
        bar,
        title=f"Joules per call: modelled, not measured\n{case}, {label}",
        xlabel=f"energy per call, modelled: {how}",
        alt=f"Modelled, not measured: joules per call on {case} by implementation.",
        column="modelled",
        reading=f"Hatched bars are modelled, not measured: {how}. {_MODELLED} {_CUT}",
    )


def _panel(
    shown: Mapping[str, JoulesPerCall],
    bar: Callable[[Axes, int, str, float], None],
    *,
    title: str,
    xlabel: str,
    alt: str,
    column: str,
    reading: str,
) -> Image:
    values = [joules.value_j for joules in shown.values()]
    limit = canvas.CUT * min((value for value in values if value > 0), default=0.0) or max(values)

    def draw(axes: Axes) -> None:
        ends = [_one(axes, place, name, joules, limit, bar) for place, (name, joules) in enumerate(shown.items())]
        axes.set_yticks(range(len(shown)), list(shown))
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(min(0.0, *values), max(ends, default=0.0) * _ROOM or None)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: canvas.tick_joules(value) if value else "0")
        axes.set_xlabel(xlabel)

    size_in = (_WIDTH_IN, _MARGIN_IN + 0.2 + _BAR_IN * len(shown))
    return canvas.panel(draw, title=title, alt=alt, size_in=size_in, data=_data(shown, column), reading=reading)


def _data(shown: Mapping[str, JoulesPerCall], column: str) -> FigureData:
    rows = tuple((name, known.value_j, *(known.interval_j or (None, None))) for name, known in shown.items())
    return FigureData(("implementation", f"{column}_j", f"{column}_low_j", f"{column}_high_j"), rows)


def _one(
    axes: Axes,
    place: int,
    name: str,
    joules: JoulesPerCall,
    limit: float,
    bar: Callable[[Axes, int, str, float], None],
) -> float:
    """Draws one bar with its interval and text; returns its end."""
    end = min(joules.value_j, limit)
    bar(axes, place, name, end)
    is_cut = joules.value_j > limit
    if joules.interval_j and not is_cut:
        axes.hlines(place, *joules.interval_j, colors="#222222", linewidth=canvas.scaled(1.4))
        axes.plot(joules.interval_j, [place, place], linestyle="", marker="|", markersize=canvas.scaled(6),
                  color="#222222")  # fmt: skip
        end = max(end, min(joules.interval_j[1], limit * _ROOM))
    words = ("» " if is_cut else "") + format.joules(joules.value_j, joules.u95_j)
    axes.annotate(words, (max(end, 0.0), place), xytext=(6, 0), textcoords="offset points", va="center",
                  color="#333333")  # fmt: skip
    return max(end, 0.0)
