"""Draws the rate of implementations against the share of the direct FLOPs that they execute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.predict.study.results import StudyResult, StudyTime
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.marks import Mark, look

_SIZE_IN = (5.4, 4.4)
_GIGA = 1e9


def panel(results: Sequence[StudyResult], marks: Mapping[str, Mark], on: str = "") -> Image | None:
    """Executed over direct FLOPs against effective GFLOP/s; None where no implementation tells what it executes."""
    drawn = {result.subject: known(result) for result in results if known(result)}
    if not drawn:
        return None

    def draw(axes: Axes) -> None:
        for subject, own in drawn.items():
            name = subject.implementation
            axes.plot([share_of(one) for one in own], [_rate(one) for one in own], linestyle="", alpha=0.8, label=name,
                      **look(marks[name], canvas.scaled(1.0)))  # fmt: skip
        canvas.logarithmic(axes, "x", canvas.tick_ratio)
        canvas.logarithmic(axes, "y", canvas.tick_number)
        axes.set_xlabel("executed over direct FLOPs")
        axes.set_ylabel("effective GFLOP/s: direct FLOPs over time")

    title = f"Executed against direct FLOPs{on}"
    rows = tuple(
        (str(subject), one.of.problem.descriptor, one.direct_flops, one.executed_flops, one.time_s)
        for subject, own in drawn.items()
        for one in own
    )
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: effective rate by the share of direct FLOPs that is executed, of "
        f"{', '.join(subject.implementation for subject in drawn)}.",
        size_in=_SIZE_IN,
        data=FigureData(("subject", "problem", "direct_flops", "executed_flops", "time_s"), rows),
        reading="Each marker is a problem. If executed FLOPs told the time, all markers were on one line that falls to "
        "the right: half the FLOPs, twice the rate.",
    )


def known(result: StudyResult) -> list[StudyTime]:
    """The times of a result whose executed FLOPs are known."""
    return [one for one in result.times if one.executed_flops is not None and one.direct_flops > 0]


def share_of(one: StudyTime) -> float:
    """Executed over direct FLOPs. Only of times whose executed FLOPs are known."""
    assert one.executed_flops is not None, "known() leaves the others out"
    return one.executed_flops / one.direct_flops


def _rate(one: StudyTime) -> float:
    return one.direct_flops / one.time_s / _GIGA
