"""Draws the error of every checked result by implementation, with its limit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark
from bench.report.drawing.thinning import FEW, stretches
from bench.report.findings.results import Group, Result
from bench.store.status import Status

# Share of the distance between two implementations that the dots of one take.
_DODGE = 0.7
_FAULT = "#B00020"
_READING = (
    "Each marker is a case: the rms error of its result against a float64 result, relative to the rms of that; the "
    "dash above it is the largest error that passes, a red cross is a wrong result."
)
_OF_MANY = f" Of more than {FEW} cases those nearest to the largest error that passes are drawn."


def panel(results: Sequence[Result], group: Group, marks: Mapping[str, Mark]) -> Image | None:
    """The error of every checked result by implementation, with the limits; None without a positive error."""
    drawn = [r for r in results if r.group == group and _is_positive(r.error_rms)]
    if not drawn:
        return None
    names = [name for name in marks if any(r.implementation == name for r in drawn)]

    def draw(axes: Axes) -> None:
        for place, name in enumerate(names):
            own = [r for r in drawn if r.implementation == name]
            _column_of_errors(axes, place, own, marks[name])
        canvas.logarithmic(axes, "y", canvas.tick_power)
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_ylabel("rms error ÷ rms of the result")

    return canvas.panel(
        draw,
        title=f"Error, {group.label}",
        alt=f"Relative rms error of {', '.join(names)} on {group.label} with the largest error that passes.",
        data=_data([r for name in names for r in drawn if r.implementation == name]),
        reading=_READING + (_OF_MANY if len(drawn) > FEW * len(names) else ""),
    )


def _data(drawn: Sequence[Result]) -> FigureData:
    rows = tuple((r.implementation, r.descriptor, r.status.value, r.error_rms, r.error_rms_limit) for r in drawn)
    return FigureData(("implementation", "problem", "status", "error_rms", "error_rms_limit"), rows)


def _column_of_errors(axes: Axes, place: int, results: Sequence[Result], mark: Mark) -> None:
    """One implementation's errors side by side, each with its own limit; a wrong result is a cross.

    Of many in a row only the one nearest to its limit is drawn.
    """
    results = [max((results[i] for i in stretch), key=_nearness) for stretch in stretches(len(results))]
    step = _DODGE / max(len(results), 1)
    at = [(place + (i - (len(results) - 1) / 2) * step, result) for i, result in enumerate(results)]
    for is_wrong in (False, True):
        own = [(x, r.error_rms or math.nan) for x, r in at if (r.status is Status.WRONG) is is_wrong]
        if own:
            axes.plot(
                *zip(*own, strict=True), linestyle="", markersize=canvas.scaled(8 if is_wrong else 0.8 * mark.size),
                marker="x" if is_wrong else mark.marker, color=_FAULT if is_wrong else mark.colour,
                markerfacecolor="none" if mark.is_hollow else mark.colour,
            )  # fmt: skip
    limits = [(r.error_rms_limit, x - step / 2, x + step / 2) for x, r in at if _is_positive(r.error_rms_limit)]
    if limits:
        heights, starts, ends = zip(*limits, strict=True)
        axes.hlines(heights, starts, ends, colors=_FAULT, linewidth=canvas.scaled(1.2))


def _nearness(result: Result) -> float:
    """The error over its limit; a wrong result is nearest."""
    limit = result.error_rms_limit
    known = (result.error_rms or 0.0) / limit if limit is not None and _is_positive(limit) else 0.0
    return math.inf if result.status is Status.WRONG else known


def _is_positive(value: float | None) -> bool:
    return value is not None and 0 < value < math.inf
