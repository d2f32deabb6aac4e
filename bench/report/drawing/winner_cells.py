"""Draws the fastest implementation over two axes as a map whose cells say their winner in words as well."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bench import format
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark
from bench.report.findings.ranking import Ranking, Verdict
from bench.report.findings.winner_map import WinnerMap

_CELL_IN, _MARGIN_IN = (1.05, 0.62), (1.2, 1.1)
# So pale that words on it can be read, and the colour still be told.
_PALE = 0.35
_TIE, _UNDECIDED = "////", "...."
_READING = (
    "A cell names the fastest implementation of a case and its time. Hatched lines are a tie within the uncertainty, "
    "dots are undecided, and an empty cell was not measured."
)


def drawing_of_winners(found: WinnerMap, marks: Mapping[str, Mark]) -> Drawing:
    """A cell for each measured pair of values."""
    columns, rows = found.columns, found.rows

    def draw(axes: Axes) -> None:
        for (x, y), ranking in found.cells.items():
            _cell(axes, columns.index(x), rows.index(y), ranking, marks)
        axes.set_xticks(range(len(columns)), list(columns))
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.set_xlabel(found.x.name)
        axes.set_ylabel(found.y.name)

    return Drawing(
        draw,
        title=f"Fastest by {found.x.name} and {found.y.name}, {found.group.label}",
        alt=f"The fastest implementation by {found.x.name} and {found.y.name} on {found.group.label}.",
        size_in=(_MARGIN_IN[0] + _CELL_IN[0] * len(columns), _MARGIN_IN[1] + _CELL_IN[1] * len(rows)),
        data=_data(found),
        reading=_READING,
    )


def _data(found: WinnerMap) -> FigureData:
    columns = (found.x.name, found.y.name, "fastest", "verdict", "time_s", "time_low_s", "time_high_s")
    rows = tuple(
        (x, y, " = ".join(ranking.leaders), ranking.verdict.value, *_times(ranking))
        for (x, y), ranking in found.cells.items()
    )
    return FigureData(columns, rows)


def _times(ranking: Ranking) -> tuple[float | None, ...]:
    time = ranking.order[0].time if ranking.order else None
    return (None, None, None) if time is None else (time.value_s, time.low_s, time.high_s)


def _cell(axes: Axes, x: int, y: int, ranking: Ranking, marks: Mapping[str, Mark]) -> None:
    hatch = {Verdict.TIE: _TIE, Verdict.UNDECIDED: _UNDECIDED}.get(ranking.verdict, "")
    colour = marks[ranking.order[0].implementation].colour if ranking.order else "#ffffff"
    corner = (x - 0.5, y - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, alpha=_PALE, edgecolor="none"))
    axes.add_patch(
        Rectangle(corner, 1, 1, fill=False, edgecolor="#b0b0b0" if hatch else "white", hatch=hatch, linewidth=0)
    )
    axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="white", linewidth=canvas.scaled(1.5)))
    # A box behind the words, so that no hatching runs through them.
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.75} if hatch else None
    axes.text(x, y, _words(ranking), ha="center", va="center", fontsize=canvas.scaled(7), color="#111111", bbox=box)


def _words(ranking: Ranking) -> str:
    if not ranking.order:
        return format.MISSING
    first = ranking.order[0]
    more = len(ranking.leaders) - 1
    names = f"{first.implementation} = {more} more" if more > 1 else " =\n".join(ranking.leaders)
    doubt = " ?" if ranking.verdict is Verdict.UNDECIDED else ""
    return f"{names}{doubt}\n{format.seconds(first.time_s, 3)}"
