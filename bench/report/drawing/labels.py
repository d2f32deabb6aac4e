"""Places the names of lines at their ends, so that no two of them overlap and no legend is needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from bench.report.drawing import canvas

_FONT_PT = 8.5
# The distance of two names as a share of the height of a picture: a little more than a line of text.
_LINE_PT = 10.5
_ASIDE_PT = 8.0
# What the title, ticks and label of an axis take of the height of a picture.
_AROUND_PT = 78.0
# A longer name would leave no room for the drawing.
_LONGEST = 26


@dataclass(frozen=True, slots=True)
class End:
    """The last point of a line, in data coordinates; a `strong` name is bold."""

    name: str
    x: float
    y: float
    colour: str
    strong: bool = False


def spread(places: Sequence[float], gap: float, lowest: float = 0.0, highest: float = 1.0) -> list[float]:
    """The places moved apart to at least `gap`, in their order, and within the limits as far as there is room."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [max(lowest, min(highest, places[i])) for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    if moved and moved[-1] > highest:
        moved[-1] = highest
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - gap)
    found = [0.0] * len(places)
    for place, i in enumerate(order):
        found[i] = moved[place]
    return found


def height_pt(axes: Axes) -> float:
    """About the height of the drawing within its picture, which is laid out later."""
    whole_in = float(axes.get_figure(root=True).get_size_inches()[1])  # type: ignore[union-attr]
    return max(whole_in * 72 - canvas.scaled(_AROUND_PT), 1.0)


def at_ends(axes: Axes, ends: Sequence[End], height_pt: float, *, together: bool = False) -> None:
    """Writes each name right of its point; `height_pt` is that of the drawing. The y axis is logarithmic by now.

    Names of one x are moved apart; `together` moves all apart, as for points that are not the ends of lines.
    """
    gap = canvas.scaled(_LINE_PT) / height_pt
    columns: dict[float, list[End]] = {}
    for end in ends:
        columns.setdefault(0.0 if together else end.x, []).append(end)
    shares = _shares(axes, ends)
    for column in columns.values():
        here = [shares[end.name] for end in column]
        for end, share, place in zip(column, here, spread(here, gap), strict=True):
            _write(axes, end, (place - share) * height_pt)


def _shares(axes: Axes, ends: Sequence[End]) -> Mapping[str, float]:
    """The height of each point as a share of the axis."""
    low, high = map(math.log, axes.get_ylim())
    return {end.name: (math.log(end.y) - low) / (high - low) for end in ends}


def _write(axes: Axes, end: End, up_pt: float) -> None:
    axes.annotate(
        short(end.name), (end.x, end.y), xytext=(_ASIDE_PT, up_pt), textcoords="offset points", va="center", ha="left",
        color=end.colour, fontsize=canvas.scaled(_FONT_PT), fontweight="bold" if end.strong else "normal",
        annotation_clip=False, zorder=5, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
        arrowprops={"arrowstyle": "-", "color": end.colour, "alpha": 0.4, "linewidth": canvas.scaled(0.6), "shrinkA": 0,
                    "shrinkB": 3},
    )  # fmt: skip


def short(name: str, longest: int = _LONGEST) -> str:
    """A name on one line, cut where it is very long."""
    line = " ".join(name.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
