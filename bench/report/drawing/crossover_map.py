"""Draws who is fastest over two axes: a cell in the colour of its winner, ties hatched, open ones white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.adaptive import contrast
from bench.report.drawing.marks import Mark
from bench.report.drawing.thinning import LABELS, spread
from bench.report.findings.crossover import At, CrossoverMap
from bench.report.findings.ranking import Ranking
from bench.rows.ranking import Verdict

_CELL_IN, _MARGIN_IN, _NARROWEST_IN = (0.92, 0.46), (0.9, 1.0), 3.6
# Beyond so many cells words have no room: small cells with colours and a legend, of so many values of each axis.
_MANY, _MOST_VALUES, _SMALL_IN = 200, 48, (0.17, 0.12)
_LEGEND_IN = 0.6
_INK, _OPEN = "#222222", "#999999"
_READING = (
    "A cell names the implementation that is clearly fastest, and the runner-up's time over its own. Ties within the "
    "uncertainty are hatched; a dotted cell with a question mark is undecided; a dash was not timed."
)


_SMALL_READING = (
    "A cell has the colour of the implementation that is clearly fastest. Ties within the uncertainty are hatched; a "
    "dotted cell is undecided; an empty one was not timed."
)


def panel(found: CrossoverMap, marks: Mapping[str, Mark], title: str) -> Image:
    """The map, with the name of the winner in each cell and the runner-up's time over its own; of many cells small."""
    if len(found.xs) * len(found.ys) > _MANY:
        return _small_panel(found, marks, title)

    def draw(axes: Axes) -> None:
        for i, x in enumerate(found.xs):
            for j, y in enumerate(found.ys):
                _cell(axes, (i, j), found.cells.get((x, y)), marks)
        axes.set_xlim(-0.5, len(found.xs) - 0.5)
        axes.set_ylim(-0.5, len(found.ys) - 0.5)
        axes.set_xticks(range(len(found.xs)), found.xs)
        axes.set_yticks(range(len(found.ys)), found.ys)
        axes.grid(visible=False)
        axes.set_xlabel(found.x.name)
        axes.set_ylabel(found.y.name)

    width = max(_NARROWEST_IN, _MARGIN_IN[0] + _CELL_IN[0] * len(found.xs))
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}. {'; '.join(_words(found, (x, y)) for y in found.ys for x in found.xs)}.",
        size_in=(width, _MARGIN_IN[1] + _CELL_IN[1] * len(found.ys)),
        data=_data(found),
        reading=_READING,
    )


def _small_panel(found: CrossoverMap, marks: Mapping[str, Mark], title: str) -> Image:
    """The map of evenly spread values, without words in its cells."""
    xs, ys = ([values[i] for i in spread(len(values), _MOST_VALUES)] for values in (found.xs, found.ys))
    looks = {name: {"facecolor": marks[name].colour, "edgecolor": "white"} for name in found.wins}
    looks |= {"tie": {"facecolor": "white", "edgecolor": "#444444", "hatch": "////"}}
    looks |= {"undecided": {"facecolor": "white", "edgecolor": _OPEN, "linestyle": ":"}}

    def draw(axes: Axes) -> None:
        of_look = _boxes([[_look(found, (x, y)) for x in xs] for y in ys])
        for name in (name for name in looks if name in of_look):
            axes.add_collection(
                PolyCollection(of_look[name], label=name, linewidth=canvas.scaled(0.4), **looks[name])  # type: ignore[arg-type]
            )
        axes.set_xlim(-0.5, len(xs) - 0.5)
        axes.set_ylim(-0.5, len(ys) - 0.5)
        axes.set_xticks(places := spread(len(xs), LABELS), [xs[i] for i in places])
        axes.set_yticks(places := spread(len(ys), LABELS), [ys[i] for i in places])
        axes.grid(visible=False)
        axes.set_xlabel(found.x.name)
        axes.set_ylabel(found.y.name)

    wins = ", ".join(f"{name} in {number:,}" for name, number in found.wins.items()) or "none"
    whole, drawn = len(found.xs) * len(found.ys), len(xs) * len(ys)
    few = f" {drawn:,} of {whole:,} cells are drawn, evenly spread; the explorer has all." if drawn < whole else ""
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}, {whole:,} cells. Clearly fastest: {wins}; ties in {found.count(Verdict.TIE):,}, undecided in "
        f"{found.count(Verdict.UNDECIDED):,}.",
        size_in=(max(_NARROWEST_IN, _MARGIN_IN[0] + _SMALL_IN[0] * len(xs)),
                 _MARGIN_IN[1] + _LEGEND_IN + _SMALL_IN[1] * len(ys)),
        data=_data(found),
        reading=_SMALL_READING + few,
    )  # fmt: skip


def _look(found: CrossoverMap, at: At) -> str:
    """The name of a cell's winner, "tie" or "undecided"; empty without a time."""
    ranking = found.cells.get(at)
    if ranking is None:
        return ""
    return found.winner(at) or ("tie" if ranking.verdict is Verdict.TIE else "undecided")


def _boxes(rows: Sequence[Sequence[str]]) -> dict[str, list[list[tuple[float, float]]]]:
    """The corners of a box for each stretch of equal cells in a row, by their look: a shape for each would be many."""
    found: dict[str, list[list[tuple[float, float]]]] = {}
    for y, row in enumerate(rows):
        x = 0
        for look, stretch in groupby(row):
            end = x + len(list(stretch))
            corners = [(x - 0.5, y - 0.5), (end - 0.5, y - 0.5), (end - 0.5, y + 0.5), (x - 0.5, y + 0.5)]
            if look:
                found.setdefault(look, []).append(corners)
            x = end
    return found


def _data(found: CrossoverMap) -> FigureData:
    times_of = ("time_s", "time_low_s", "time_high_s")
    columns = (found.x.name, found.y.name, "fastest", "verdict", *times_of, "second_over_fastest")
    rows: list[tuple[object, ...]] = []
    for (x, y), ranking in found.cells.items():
        time = ranking.order[0].time
        times = (time.value_s, time.low_s, time.high_s) if time else (None, None, None)
        rows.append((x, y, " = ".join(ranking.leaders), ranking.verdict.value, *times, ranking.ratio))
    return FigureData(columns, tuple(rows))


def _words(found: CrossoverMap, at: At) -> str:
    place = f"{found.x.name} {at[0]}, {found.y.name} {at[1]}"
    ranking = found.cells.get(at)
    if ranking is None:
        return f"{place}: no time"
    match ranking.verdict:
        case Verdict.TIE:
            return f"{place}: tie of {' and '.join(ranking.leaders)}"
        case Verdict.UNDECIDED:
            return f"{place}: undecided"
        case _:
            return f"{place}: {ranking.leaders[0]}"


def _cell(axes: Axes, at: tuple[int, int], ranking: Ranking | None, marks: Mapping[str, Mark]) -> None:
    corner = at[0] - 0.5, at[1] - 0.5
    if ranking is None:
        axes.text(*at, format.MISSING, ha="center", va="center", color="#666666")
        return
    first, thin = ranking.order[0].implementation, canvas.scaled(0.8)
    colour, ink, name = marks[first].colour, _INK, first
    match ranking.verdict:
        case Verdict.TIE:
            axes.add_artist(Rectangle(corner, 1, 1, facecolor="white", edgecolor=colour, hatch="///", linewidth=thin))
            name = " = ".join(ranking.leaders[:2]) + (" …" if len(ranking.leaders) > 2 else "")
        case Verdict.UNDECIDED:
            axes.add_artist(Rectangle(corner, 1, 1, facecolor="white", edgecolor=_OPEN, linewidth=thin, linestyle=":"))
            name = f"{first}?"
        case _:
            axes.add_artist(Rectangle(corner, 1, 1, facecolor=colour, edgecolor="white", linewidth=canvas.scaled(1.2)))
            ink = "#ffffff" if contrast(colour.lower(), "#ffffff") >= contrast(colour.lower(), _INK) else _INK
    is_tie = ranking.verdict is Verdict.TIE
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if is_tie else None
    ratio = ranking.ratio if ranking.verdict is Verdict.CLEAR else None
    text = name.replace(" = ", "\n= ") if is_tie else name + (f"\n{format.ratio(ratio)}" if ratio else "")
    axes.text(*at, text, ha="center", va="center", fontsize=canvas.scaled(7), color=ink, bbox=box)
