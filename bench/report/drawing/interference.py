"""Draws the share of disturbed samples over the run, with the most frequent causes as lines."""

from __future__ import annotations

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.findings.interference import Interference

_SIZE_IN = (9.0, 3.0)
_BARS = "#c3c9d0"
# The most frequent causes, in colours and strokes that differ in grey too.
_STROKES = (("#b00020", "-"), ("#0b5cad", "--"), ("#1a1a1a", ":"), ("#4f8550", "-."))


def panel(found: Interference) -> Image:
    """Grey bars for the samples with any evidence, a line for each of the most frequent causes."""
    ends: list[int] = []
    for stretch in found.stretches:
        ends.append((ends[-1] if ends else 0) + stretch.samples)

    def draw(axes: Axes) -> None:
        starts = [end - stretch.samples for end, stretch in zip(ends, found.stretches, strict=True)]
        axes.bar(starts, [100 * s.disturbed for s in found.stretches], width=[s.samples for s in found.stretches],
                 align="edge", color=_BARS, edgecolor="white", linewidth=canvas.scaled(0.4), label="any")  # fmt: skip
        for (cause, _), (colour, stroke) in zip(found.causes, _STROKES, strict=False):
            shares = [100 * stretch.causes.get(cause, 0.0) for stretch in found.stretches]
            axes.stairs(shares, [0, *ends], color=colour, linestyle=stroke, linewidth=canvas.scaled(1.3), label=cause,
                        baseline=None)  # fmt: skip
        axes.set_xlim(0, ends[-1])
        axes.set_ylim(0, max(5.0, *(105 * stretch.disturbed for stretch in found.stretches)))
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("samples in the order measured")
        axes.set_ylabel("disturbed samples, %")

    worst = 100 * found.worst.disturbed
    return canvas.panel(
        draw,
        title="Interference over the run",
        alt=f"Share of disturbed samples over the run, at most {canvas.tick_number(worst)} %.",
        size_in=_SIZE_IN,
        data=_data(found),
        reading="Bars are samples with any evidence of interference; lines are its most frequent kinds.",
    )


def _data(found: Interference) -> FigureData:
    drawn = [cause for (cause, _), _ in zip(found.causes, _STROKES, strict=False)]
    rows = tuple((s.samples, s.disturbed, *(s.causes.get(cause, 0.0) for cause in drawn)) for s in found.stretches)
    return FigureData(("samples", "disturbed_share", *(f"{cause}_share" for cause in drawn)), rows)
