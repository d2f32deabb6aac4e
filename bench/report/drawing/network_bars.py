"""Draws a network's total by implementation as bars; gaps filled by torch are hatched, never solid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark
from bench.report.findings.networks import FILLER, Network, Total
from bench.report.findings.results import Time

_BAR_IN, _MARGIN_IN, _WIDTH_IN = 0.3, 1.1, 6.8
# Room for text right of the longest bar, as a factor of its length.
_ROOM = 1.5
_READING = (
    "A total is the sum of multiplicity × time over the convolutions of the network. Dark lines are the sums of the "
    f"ends of 95 % intervals; hatched is what {FILLER} fills, where an implementation does not cover every layer, and "
    "a pale bar without hatching leaves it out. A bar that ends in » is cut; the number beside it is whole."
)
_BEST = Mark("#ffffff", "o")


def totals(network: Network, marks: Mapping[str, Mark]) -> Image | None:
    """Bars of the totals, fastest on top; None without any time."""
    shown = [total for total in (network.best, *network.totals) if total.own]
    if not shown:
        return None
    lengths = [_length(total) for total in shown]
    limit = canvas.CUT * min(lengths)

    def draw(axes: Axes) -> None:
        for place, total in enumerate(shown):
            _bar(axes, place, total, marks.get(total.implementation, _BEST), limit)
        axes.set_yticks(range(len(shown)), [total.implementation for total in shown])
        axes.invert_yaxis()
        axes.set_xlim(0, min(limit, max(lengths)) * _ROOM)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: canvas.tick_seconds(value) if value else "0")
        axes.set_xlabel("sum of multiplicity × time")

    return canvas.panel(
        draw,
        title=f"{network.name}, {network.group.label}: all of {format.count(network.convolutions, 'convolution')}",
        alt=f"Total time of {network.name} by implementation on {network.group.label}.",
        size_in=(_WIDTH_IN, _MARGIN_IN + _BAR_IN * len(shown)),
        data=_data(shown),
        reading=_READING,
    )


def _data(shown: Sequence[Total]) -> FigureData:
    """The covered layers, and the sum that a bar shows in all: of the network, filled or not, or of what is covered."""
    columns = ("implementation", "layers", "covered_layers", "covered_s", "bar_s", "bar_low_s", "bar_high_s")
    sums = [(total, total.whole or total.filled or total.own) for total in shown]
    rows = tuple(
        (total.implementation, total.layers, total.covered, total.own.value_s if total.own else None, whole.value_s,
         whole.low_s, whole.high_s)
        for total, whole in sums
        if whole is not None
    )  # fmt: skip
    return FigureData(columns, rows)


def _bar(axes: Axes, place: int, total: Total, mark: Mark, limit: float) -> None:
    own = total.own.value_s if total.own else 0.0
    is_whole = total.whole is not None
    edge = "#333333" if mark is _BEST else mark.colour
    axes.barh(place, min(own, limit), height=0.66, color=mark.colour, edgecolor=edge, alpha=1 if is_whole else 0.45)
    if not is_whole and total.filled:
        rest = min(total.filled.value_s, limit) - min(own, limit)
        axes.barh(place, rest, left=min(own, limit), height=0.66, color="white", edgecolor="#999999", hatch="////")
    end = min(_length(total), limit)
    whole = total.whole or total.filled
    if whole and whole.interval_s and whole.value_s <= limit:
        axes.hlines(place, *whole.interval_s, colors="#222222", linewidth=canvas.scaled(1.4))
        end = max(end, whole.interval_s[1])
    axes.annotate(_words(total, limit), (end, place), xytext=(5, 0), textcoords="offset points", va="center",
                  color="#333333")  # fmt: skip


def _words(total: Total, limit: float) -> str:
    cut = "» " if _length(total) > limit else ""
    if total.whole:
        return cut + format.time(total.whole)
    if total.filled:
        return f"{cut}{format.time(total.filled)}, {total.layers - total.covered} of {total.layers} by {FILLER}"
    return f"{cut}{format.time(total.own)}, only {total.covered} of {total.layers}"


def _length(total: Total) -> float:
    longest: Time | None = total.whole or total.filled or total.own
    return longest.value_s if longest else 0.0
