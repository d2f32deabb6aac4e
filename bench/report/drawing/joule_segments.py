"""Draws bracketed joules per call as segments from the low to the high end: no bar from zero, and no mark within."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from bench import format
from bench.energy.bracket.ranges import Range
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas

# The colour of everything bracketed, as in report.css; no implementation has it.
COLOUR = "#8a5a00"
_ROW_IN, _MARGIN_IN, _WIDTH_IN = 0.3, 1.3, 6.8
_THICK = 7.0
# Room on a logarithmic axis: left of the lowest end, and for text right of the highest, as factors.
_LEFT, _RIGHT = 1.3, 8.0
_READING = (
    "A segment is a range, bracketed and not measured: no value within it is likelier than another, and it ranks "
    "nothing."
)


def bracketed(values: Sequence[tuple[str, Range]], case: str, label: str) -> Image:
    """A segment for each implementation, in the given order, on a logarithmic axis."""
    lowest = min(end for _, known in values for end in (known.low, known.high) if end > 0) / _LEFT
    highest = max(known.high for _, known in values) * _RIGHT

    def draw(axes: Axes) -> None:
        for place, (_, known) in enumerate(values):
            # A range that begins at zero begins at the edge.
            axes.hlines(place, max(known.low, lowest), known.high, colors=COLOUR, linewidth=canvas.scaled(_THICK))
            axes.annotate(format.joules_between(known.low, known.high), (known.high, place), xytext=(6, 0),
                          textcoords="offset points", va="center", color="#333333")  # fmt: skip
        axes.set_yticks(range(len(values)), [name for name, _ in values])
        axes.set_ylim(len(values) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlim(lowest, highest)
        canvas.logarithmic(axes, "x", canvas.tick_joules)
        axes.set_xlim(lowest, highest)
        axes.set_xlabel("energy per call, bracketed: time × a low and a high power of machines of the same class")

    return canvas.panel(
        draw,
        title=f"Joules per call: bracketed, not measured\n{case}, {label}",
        alt=f"Bracketed, not measured: from the fewest to the most joules per call on {case} by implementation.",
        size_in=(_WIDTH_IN, _MARGIN_IN + _ROW_IN * len(values)),
        data=FigureData(
            ("implementation", "bracketed_low_j", "bracketed_high_j"),
            tuple((name, known.low, known.high) for name, known in values),
        ),
        reading=_READING,
    )
