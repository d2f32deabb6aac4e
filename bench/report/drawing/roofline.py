"""Draws the rate of each row over its arithmetic intensity, under the measured ceilings of the device.

S. Williams, A. Waterman, D. Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
CACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.calibration.value import Calibration
from bench.report.document.drawings import Drawing, FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look
from bench.report.findings.intensities import Intensity
from bench.report.findings.results import GIGA, Group

_ROOF = "#5a5a5a"
# Room beyond the outermost rows, as a factor.
_ROOM = 1.6
_READING = (
    "Each marker is a timed case: FLOPs of the definition over its time, and over the bytes of its tensors, each read "
    "or written once. Lines are the highest measured rates of arithmetic and of each level of the memory. A marker "
    "above them is an algorithm that executes fewer FLOPs than the definition, not a faster machine."
)


def drawing_of_roofline(
    found: Sequence[Intensity], group: Group, ceilings: Calibration | None, marks: Mapping[str, Mark]
) -> Drawing:
    """The rows of one group, at least one; without ceilings the rows alone."""

    def draw(axes: Axes) -> None:
        for name, mark in marks.items():
            own = [one for one in found if one.result.implementation == name]
            if own:
                x, y = [one.flops_per_byte for one in own], [one.rate_gflops for one in own]
                axes.plot(x, y, linestyle="", alpha=0.8, label=name, **look(mark, canvas.scaled(1.0)))
                for one in own:
                    if ends := one.result.rate_interval_gflops:
                        axes.vlines(one.flops_per_byte, *ends, colors=mark.colour, linewidth=canvas.scaled(1.2))
        _frame(axes, found, group, ceilings)
        if ceilings is not None:
            _roofs(axes, group, ceilings)
        canvas.logarithmic(axes, "x", canvas.tick_number)
        canvas.logarithmic(axes, "y", canvas.tick_number)
        axes.set_xlabel("direct FLOPs per compulsory byte")
        axes.set_ylabel("effective GFLOP/s")

    return Drawing(
        draw,
        title=f"Roofline, {group.label}",
        alt=f"Effective GFLOP/s by arithmetic intensity of every timed case on {group.label}, both logarithmic.",
        size_in=canvas.PANEL_IN,
        data=_data(found),
        reading=_READING if ceilings is not None else f"{_READING} Ceilings were not measured in this run.",
    )


def _data(found: Sequence[Intensity]) -> FigureData:
    rates = ("rate_gflops", "rate_low_gflops", "rate_high_gflops")
    rows = tuple(
        (one.result.implementation, one.result.descriptor, one.flops_per_byte, one.rate_gflops,
         *(one.result.rate_interval_gflops or (None, None)))
        for one in found
    )  # fmt: skip
    return FigureData(("implementation", "problem", "direct_flops_per_byte", *rates), rows)


def _frame(axes: Axes, found: Sequence[Intensity], group: Group, ceilings: Calibration | None) -> None:
    """The limits of both axes: all rows, and the peak."""
    peak = ceilings.peak(group.precision) if ceilings is not None else None
    x = [one.flops_per_byte for one in found]
    y = [*(one.rate_gflops for one in found), *([peak.flops_per_s / GIGA] if peak is not None else [])]
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(min(x) / _ROOM, max(x) * _ROOM)
    axes.set_ylim(min(y) / _ROOM, max(y) * _ROOM)


def _roofs(axes: Axes, group: Group, ceilings: Calibration) -> None:
    (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    peak = ceilings.peak(group.precision)
    top = peak.flops_per_s / GIGA if peak is not None else axes.get_ylim()[1]
    line = {"color": _ROOF, "linewidth": canvas.scaled(0.9), "zorder": 0.6}
    words = {"fontsize": canvas.scaled(7), "color": _ROOF, "textcoords": "offset points"}
    if peak is not None:
        axes.plot([left, right], [top, top], **line)  # type: ignore[arg-type]
        axes.annotate(f"{canvas.tick_number(top)} GFLOP/s, {peak.method}", (right, top), xytext=(-2, 3), ha="right",
                      **words)  # type: ignore[arg-type]  # fmt: skip
    for level in ceilings.levels:
        if level.bytes_per_s is None:
            continue
        slope = level.bytes_per_s / GIGA
        begins, ends = max(left, bottom / slope), min(right, top / slope)
        if begins < ends:
            axes.plot([begins, ends], [slope * begins, slope * ends], **line)  # type: ignore[arg-type]
            axes.annotate(f"{level.name}, {canvas.tick_number(slope)} GB/s", (begins, slope * begins), xytext=(3, 0),
                          va="top", **words)  # type: ignore[arg-type]  # fmt: skip
