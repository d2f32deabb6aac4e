"""Redraws two curves of the paper on α-FLOPs for this machine, with those of its GPU beside them.

A. Asperti, D. Evangelista, M. Marzolla, "Dissecting FLOPs along input dimensions for GreenAI cost estimations" (arXiv
2107.11949): times of one line of equal FLOPs, and the share α that FLOPs of many pixels count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from bench.predict.predictors.alpha_flops import PUBLISHED, alpha
from bench.predict.study.paper_line import PAPER_LINE
from bench.predict.study.results import StudyResult
from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas, labels
from bench.report.drawing.marks import Mark, look
from impls import Case, ConvProblem
from impls.cost_model.cost_table import Subject, table_of

_SIZE_IN = (5.4, 4.4)
_PAPER, _GREY = "paper, T2000", "#767676"
# The sides of the images that the share is drawn for, and their pixels.
_SIDES = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 90, 128, 181, 256)
_PIXELS = [side * side for side in _SIDES]


def kernels(results: Sequence[StudyResult], marks: Mapping[str, Mark], on: str = "") -> Image | None:
    """Time by the side of the kernel at equal FLOPs; None without a result that has two such times."""
    drawn = [result for result in results if len(result.paper) > 1]
    if not drawn:
        return None

    def draw(axes: Axes) -> None:
        ends = []
        for result in drawn:
            name = result.subject.implementation
            x, y = [layer.kernel for layer, _ in result.paper], [time_s for _, time_s in result.paper]
            axes.plot(x, y, linewidth=canvas.scaled(1.3), **look(marks[name], canvas.scaled(1.0)))
            ends.append(labels.End(name, x[-1], y[-1], marks[name].colour))
        _paper_times(axes)
        ends.append(labels.End(_PAPER, PAPER_LINE[-1].kernel, PAPER_LINE[-1].t2000_s, _GREY))
        axes.set_xscale("log")
        axes.set_xticks([layer.kernel for layer in PAPER_LINE], [f"{layer.kernel}²" for layer in PAPER_LINE])
        axes.set_xticks([], minor=True)
        canvas.logarithmic(axes, "y", canvas.tick_seconds)
        labels.at_ends(axes, ends, labels.height_pt(axes))
        axes.set_xlabel("kernel; the image shrinks as it grows")
        axes.set_ylabel("time of one call")

    title = f"The paper's line of equal FLOPs{on}"
    rows = [
        (str(result.subject), layer.kernel, layer.size, time_s) for result in drawn for layer, time_s in result.paper
    ]
    rows += [(_PAPER, layer.kernel, layer.size, layer.t2000_s) for layer in PAPER_LINE]
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: time by kernel of {', '.join(result.subject.implementation for result in drawn)}, and of the "
        "paper's GPU.",
        size_in=_SIZE_IN,
        data=FigureData(("subject", "kernel", "output_side", "time_s"), tuple(rows)),
        reading="150 channels, about 2 billion MACs each. The hollow mark is a published time that is less than the "
        "arithmetic of that GPU allows: it was not measured to its end.",
    )


def _paper_times(axes: Axes) -> None:
    x, y = [layer.kernel for layer in PAPER_LINE], [layer.t2000_s for layer in PAPER_LINE]
    axes.plot(x, y, color=_GREY, linestyle=(0, (4.0, 1.5)), linewidth=canvas.scaled(1.3), zorder=1)
    for layer in PAPER_LINE:
        axes.plot([layer.kernel], [layer.t2000_s], linestyle="", marker="o", markersize=canvas.scaled(5.5), color=_GREY,
                  markerfacecolor=_GREY if layer.is_possible else "white")  # fmt: skip


def shares(results: Sequence[StudyResult], marks: Mapping[str, Mark], on: str = "") -> Image | None:
    """α over pixels, refitted and published; None where no implementation has its constants."""
    curves = {result.subject.implementation: _share(result.alpha) for result in results if result.alpha}
    if not curves:
        return None
    paper = _alpha(PUBLISHED[2], PUBLISHED[4])

    def draw(axes: Axes) -> None:
        for name, curve in curves.items():
            axes.plot(_PIXELS, curve, color=marks[name].colour, linewidth=canvas.scaled(1.3))
        axes.plot(_PIXELS, paper, color=_GREY, linestyle=(0, (4.0, 1.5)), linewidth=canvas.scaled(1.3))
        canvas.logarithmic(axes, "x", canvas.tick_number)
        canvas.logarithmic(axes, "y", canvas.tick_power)
        ends = [labels.End(name, _PIXELS[-1], curve[-1], marks[name].colour) for name, curve in curves.items()]
        labels.at_ends(axes, [*ends, labels.End(_PAPER, _PIXELS[-1], paper[-1], _GREY)], labels.height_pt(axes))
        axes.set_xlabel("pixels of the output")
        axes.set_ylabel("α: the share that FLOPs count")

    title = f"What FLOPs of a 3 × 3 kernel count by pixels{on}"
    rows = [
        (name, pixels, value) for name, curve in curves.items() for pixels, value in zip(_PIXELS, curve, strict=True)
    ]
    rows += [(_PAPER, pixels, value) for pixels, value in zip(_PIXELS, paper, strict=True)]
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}: α of {', '.join(curves)}, and of the paper's GPU.",
        size_in=_SIZE_IN,
        data=FigureData(("subject", "pixels", "alpha"), tuple(rows)),
        reading="A line that falls says that FLOPs in space get cheaper; one that stays at 1 says that FLOPs tell all.",
    )


def _share(constants: Mapping[str, tuple[float, float, float]]) -> list[float]:
    return _alpha(constants["beta_k"][0], constants["gamma_k"][0])


def _alpha(beta: float, gamma: float) -> list[float]:
    """α of 3 × 3 kernels over pixels."""
    padding = ((1, 1), (1, 1))
    problems = [ConvProblem(1, 1, (side, side), 1, (3, 3), padding=padding) for side in _SIDES]
    table = table_of(Subject(), [Case(problem) for problem in problems])
    return [float(value) for value in alpha(table, (beta, beta), (gamma, gamma))]
