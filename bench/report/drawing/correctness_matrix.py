"""Draws the status of every implementation on every case: a square where it is right, a cross where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench import format
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas
from bench.report.drawing.labels import short
from bench.report.drawing.marks import Mark
from bench.report.findings.correctness import Correctness
from bench.store.status import Status

# The margins have room for a title, a legend and names of cases, turned.
_ROW_IN, _MARGIN_IN = 0.24, (1.7, 2.1)
_WIDTHS_IN = (4.6, 9.6)
_COLUMN_IN = 0.24
_FAULT, _NOT_RUN = "#b00020", "#999999"
# Not by colour alone: each status has a mark of its own.
_MARKS = {
    Status.WRONG: "x", Status.FAILED: "v", Status.CRASHED: "^", Status.TIMEOUT: "D", Status.UNSUPPORTED: "_",
}  # fmt: skip
# More names of cases than this would overlap.
_MANY_NAMES = 40


def panel(found: Correctness, names: Sequence[str], marks: Mapping[str, Mark], title: str) -> Image:
    """The matrix with the names of cases below; a legend only of the statuses that are there, other than right."""

    def draw(axes: Axes) -> None:
        for place, (name, statuses) in enumerate(found.statuses.items()):
            right = [x for x, status in enumerate(statuses) if status is Status.OK]
            axes.plot(right, [place] * len(right), linestyle="", marker="s", markersize=canvas.scaled(6),
                      color=marks[name].colour)  # fmt: skip
        for status, marker in _MARKS.items():
            at = [(x, y) for y, row in enumerate(found.statuses.values()) for x, s in enumerate(row) if s is status]
            if at:
                colour = _FAULT if status.is_fault else _NOT_RUN
                axes.plot([x for x, _ in at], [y for _, y in at], linestyle="", marker=marker, color=colour,
                          markersize=canvas.scaled(6), label=status.value)  # fmt: skip
        axes.set_yticks(range(len(found.statuses)), list(map(short, found.statuses)))
        axes.set_ylim(len(found.statuses) - 0.5, -0.5)
        axes.set_xlim(-0.6, len(found.cases) - 0.4)
        axes.grid(visible=False)
        if len(names) <= _MANY_NAMES:
            axes.set_xticks(range(len(names)), list(map(short, names)), rotation=60, ha="right", rotation_mode="anchor",
                            fontsize=canvas.scaled(7.5))  # fmt: skip
        else:
            axes.set_xticks([])
            axes.set_xlabel(f"{format.count(len(names), 'case')} in the order measured")

    width = min(_WIDTHS_IN[1], max(_WIDTHS_IN[0], _MARGIN_IN[0] + _COLUMN_IN * len(found.cases)))
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: {_words(found)}.",
        size_in=(width, _MARGIN_IN[1] + _ROW_IN * len(found.statuses)),
        data=FigureData(
            ("implementation", "case", "status"),
            tuple(
                (name, case, status.value)
                for name, row in found.statuses.items()
                for case, status in zip(names, row, strict=True)
                if status is not None
            ),
        ),
        reading="A square is a right result; every other status has a mark of its own, and no mark is not measured.",
    )


def _words(found: Correctness) -> str:
    """The implementations with a fault, or that there is none."""
    faulty = [name for name, row in found.statuses.items() if any(s is not None and s.is_fault for s in row)]
    return f"faults of {', '.join(faulty)}" if faulty else "no fault"
