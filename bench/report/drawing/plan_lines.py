"""Draws the time of one plan and n calls, a call, by n: the least of all strong, the rest faint."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from bench.report.document.blocks import Image
from bench.report.document.drawings import FigureData
from bench.report.drawing import canvas, labels
from bench.report.drawing.marks import Mark
from bench.report.findings.plan_lines import MOST_CALLS, PlanAgainstRun

# Points a factor of ten, enough for a smooth curve.
_POINTS = 12
_INK, _FAINT = "#222222", 0.5
# Beyond the last crossing by this factor nothing changes.
_BEYOND = 100


def panel(found: PlanAgainstRun, marks: Mapping[str, Mark], title: str) -> Image:
    """The lines with their names at their ends, and a mark where another one begins to finish first."""
    last = min(MOST_CALLS, max(1000, _BEYOND * found.stretches[-1].calls))
    calls = _calls(last, [stretch.calls for stretch in found.stretches])
    winners = {stretch.line.result.implementation for stretch in found.stretches}

    def draw(axes: Axes) -> None:
        ends = []
        for line in found.lines:
            name = line.result.implementation
            y = [line.total_s(n) / n for n in calls]
            axes.plot(calls, y, color=marks[name].colour, linewidth=canvas.scaled(1.1), alpha=_FAINT)
            ends.append(labels.End(name, calls[-1], y[-1], marks[name].colour, name in winners))
        axes.plot(calls, [found.first(n).total_s(n) / n for n in calls], color=_INK, zorder=3,
                  linewidth=canvas.scaled(2.4), gid="envelope")  # fmt: skip
        for stretch in found.stretches:
            mark = marks[stretch.line.result.implementation]
            at = stretch.line.total_s(stretch.calls) / stretch.calls
            axes.plot([stretch.calls], [at], linestyle="", marker=mark.marker, zorder=4,
                      markersize=canvas.scaled(1.3 * mark.size), markerfacecolor=mark.colour,
                      markeredgecolor=_INK)  # fmt: skip
        # Room for the mark at the first call.
        axes.set_xlim(0.8, last)
        canvas.logarithmic(axes, "x", _tick_calls)
        canvas.logarithmic(axes, "y", canvas.tick_seconds)
        labels.at_ends(axes, ends, labels.height_pt(axes))
        axes.set_xlabel("calls after one plan")
        axes.set_ylabel("time a call, its share of the plan included")

    changes = ", ".join(f"{s.line.result.implementation} from {s.calls:,} on" for s in found.stretches)
    return canvas.panel(
        draw,
        title=title,
        alt=f"{title}, time a call by the number of calls. First: {changes}.",
        data=FigureData(
            ("implementation", "calls", "time_per_call_s"),
            tuple((line.result.implementation, n, line.total_s(n) / n) for line in found.lines for n in calls),
        ),
        reading="The strong line is the least; a mark is where another implementation begins to finish first.",
    )


def _calls(last: int, crossings: list[int]) -> list[float]:
    """Numbers of calls, evenly on a logarithmic axis, with those where the order changes."""
    found = {float(n) for n in crossings if n <= last} | {float(last)}
    step = 10 ** (1 / _POINTS)
    at = 1.0
    while at < last:
        found.add(at)
        at *= step
    return sorted(found)


def _tick_calls(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else ""
