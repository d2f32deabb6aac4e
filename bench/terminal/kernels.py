"""Prints the comparison of `convcost kernels`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import format as text
from bench.format import byte_count
from bench.kernels.benchmark import Benchmark
from bench.kernels.busy import LEAST_KEPT, BusyResult
from bench.kernels.goals import GoalResult
from bench.kernels.ratios import Mean
from bench.kernels.suite import Suite
from bench.kernels.summary import ClassMeans
from bench.kernels.trials import ShapeResult
from bench.terminal import busy, console


def show(benchmark: Benchmark, kept: Path) -> None:
    """Print a table for each class, the faults, each goal with its verdict, and the file that keeps it all."""
    if said := busy.sentence(benchmark.others):
        console.print_line(said)
    by_kind: dict[str, list[ClassMeans]] = {}
    for means in benchmark.class_means:
        by_kind.setdefault(means.kind, []).append(means)
    for kind, class_means in by_kind.items():
        shapes = [r for r in benchmark.results if r.shape.kind == kind]
        _show_class(kind, class_means, len(shapes), benchmark.suite)
    _show_faults((*benchmark.results, *benchmark.busy))
    _show_limits(benchmark)
    layouts = benchmark.suite.layouts
    where = f"each in its better layout of {' and '.join(layouts)}" if len(layouts) > 1 else f"all in {layouts[0]}"
    console.print_line(
        f"geometric means of the rival's time over ours, above 1 is faster; {benchmark.suite.words}, {where}; "
        "padding and layout conversion included; 95 % intervals by the scatter between runs; of peak: executed FLOP/s "
        "over that peak"
    )
    minutes = benchmark.wall_s / 60
    done = f"{text.count(len(benchmark.results), 'shape')} in {minutes:.1f} minutes"
    console.print_line(f"{done}{_stopped(benchmark)}; kept: {kept}")


def _show_limits(benchmark: Benchmark) -> None:
    rows = [_goal(goal) for goal in benchmark.goal_results]
    columns = ["", "rival", "rival's time / ours", "95 % interval", "10 % quantile", "lowest", "at least", "verdict"]
    title = "Limits (geometric mean; 10 % quantile)"
    console.print_table(title, columns, rows, left=(0, 1, 7), keys=2)
    if benchmark.busy_results:
        columns = ["", "rival", "quiet", "busy", "kept", "95 % interval", "at least", "verdict"]
        rows = [_busy(one) for one in benchmark.busy_results]
        console.print_table("With one core busy in bursts", columns, rows, left=(0, 1, 7), keys=2)


def _stopped(benchmark: Benchmark) -> str:
    """The number of runs, and how far the limit let them come."""
    if benchmark.left_out:
        return f", stopped by --limit: {len(benchmark.left_out)} left out"
    if benchmark.runs < benchmark.asked_runs:
        return f", stopped by --limit after {benchmark.runs} of {text.count(benchmark.asked_runs, 'run')}"
    return f", {text.count(benchmark.runs, 'run')}"


def _show_class(kind: str, class_means: Sequence[ClassMeans], shapes: int, suite: Suite) -> None:
    columns = ["", *(f"× {rival}, {layout}" for layout in suite.layouts for rival in suite.rivals)]
    columns += [*(f"10 %, lowest × {rival}" for rival in suite.rivals), "of peak", "workspace"]
    rows = [
        [
            s.implementation + (f" ({s.single} once)" if s.single else ""),
            *(_mean(s.by_layout[layout, rival], shapes) for layout in suite.layouts for rival in suite.rivals),
            *(_tail(s.best[rival]) for rival in suite.rivals),
            text.MISSING if s.of_peak is None else f"{100 * s.of_peak:.0f} %",
            text.MISSING if s.workspace_bytes is None else byte_count(s.workspace_bytes),
        ]
        for s in class_means
    ]
    console.print_table(f"{kind}: {text.count(shapes, 'shape')}", columns, rows)


def _mean(mean: Mean | None, shapes: int) -> str:
    """The mean and its interval, with the number of shapes unless it covers all."""
    if mean is None:
        return text.MISSING
    of_some = "" if mean.shapes == shapes else f", {text.count(mean.shapes, 'shape')}"
    return f"{text.significant(mean.value)} [{_interval(mean)}{of_some}]"


def _tail(mean: Mean | None) -> str:
    """The 10 % quantile and the lowest of the shapes' ratios."""
    return text.MISSING if mean is None else f"{_number(mean.tenth)}, {_number(mean.floor)}"


def _number(value: float | None) -> str:
    return text.MISSING if value is None else text.significant(value)


def _interval(mean: Mean) -> str:
    if mean.low is None or mean.high is None:
        return mean.reason or text.MISSING
    return f"{text.significant(mean.low)}–{text.significant(mean.high)}"


def _show_faults(results: Sequence[ShapeResult]) -> None:
    rows = [
        [r.shape.name, r.shape.problem.descriptor, r.shape.precision, str(o.entrant), o.status, o.reason or ""]
        for r in results
        for o in r.faults
    ]
    if rows:
        console.print_table("Not right", ["shape", "problem", "precision", "candidate", "status", "reason"], rows,
                             left=range(6), keys=4)  # fmt: skip


def _goal(result: GoalResult) -> list[str]:
    mean, goal = result.mean, result.goal
    least = text.MISSING if goal.least is None else f"{goal.least:g}"
    return [
        goal.name,
        goal.rival,
        _number(None if mean is None else mean.value),
        text.MISSING if mean is None else _interval(mean),
        _number(None if mean is None else mean.tenth),
        text.MISSING if mean is None else f"{_number(mean.floor)} ({mean.floor_shape})",
        least if goal.least_tenth is None else f"{least}; {goal.least_tenth:g}",
        _verdict(result),
    ]


def _verdict(result: GoalResult) -> str:
    """The verdict, with the figures that it is about where a goal has limits on several."""
    about = [name for name, found in result.conclusions.items() if found is result.verdict]
    return f"{result.verdict}: {', '.join(about)}" if 0 < len(about) < len(result.conclusions) else result.verdict


def _busy(one: BusyResult) -> list[str]:
    low, high = one.interval or (None, None)
    return [
        one.goal.name,
        one.goal.rival,
        _number(one.quiet.value),
        _number(one.busy.value),
        f"{100 * one.kept:.0f} %",
        one.busy.reason or text.MISSING if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f} %",
        f"{100 * LEAST_KEPT:.0f} %",
        one.verdict,
    ]
