"""Prints the result of `convcost qualify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench import format as text
from bench.estimates.binomial import Figure
from bench.format import count
from bench.machine.load import is_busy
from bench.qualify.between import Difference, repeats_better
from bench.qualify.limits import TimingLimit
from bench.qualify.qualification import Qualification
from bench.qualify.summary import Summary
from bench.terminal import console

_COLUMNS = {"time_s": "time (median)", "time_fast_s": "fast end of the times", "over_best": "ratio to the best"}


def show(qualification: Qualification, kept: Path) -> None:
    """Print the figures by condition and method, how much runs differ, each limit with its verdict, and the file."""
    if is_busy(qualification.others) and qualification.others is not None:
        console.print_line(text.others(qualification.others))
    for fault in qualification.faults:
        console.print_line(f"without a time: {fault}")
    _show_summaries(qualification)
    if qualification.differences:
        _show_differences(qualification.differences)
    limits = [_limit(limit) for limit in qualification.limits]
    console.print_table("Limits", ["", "found", "95 % interval", "limit", "verdict"], limits, left=(0, 4))
    for line in _explanations():
        console.print_line(line)
    console.print_line(f"kept: {kept}")


def _show_summaries(qualification: Qualification) -> None:
    summaries = qualification.summaries
    columns = ["condition", "method", "A/A p50", "p95", "max", "false alarms", "coverage", "half-width"]
    columns += [f"{percent} % found" for percent in summaries[0].power]
    runs = f"{count(len(qualification.runs), 'run')} of six twins in small sweeps"
    title = f"A/A: |ratio − 1| of equal twins; known slowdowns; {runs}, 95 % intervals in brackets"
    console.print_table(title, columns, [_cells(summary) for summary in summaries], left=(0, 1), keys=2)


def _cells(summary: Summary) -> list[str]:
    spread = [_value(summary.error_p50), _with_interval(summary.error_p95), _percent(summary.error_max)]
    figures = [_with_interval(summary.false_alarms), _with_interval(summary.coverage), _value(summary.half_width)]
    return [summary.condition, summary.method, *spread, *figures, *map(_with_interval, summary.power.values())]


def _show_differences(differences: list[Difference]) -> None:
    rows = [[_COLUMNS[d.column], _with_interval(d.p50), _with_interval(d.p95)] for d in differences]
    title = "Two quiet runs: |ratio − 1| of what is shown, the most repeatable first"
    console.print_table(title, ["", "median", "95th percentile"], rows)
    better = repeats_better(differences)
    if better is not None and len(differences) > 1:
        console.print_line(f"Of the two times, the {_COLUMNS[better].partition(' (')[0]} repeats better.")


def _limit(limit: TimingLimit) -> list[str]:
    wanted = [f"≥ {_percent(limit.least)}"] * (limit.least > 0) + [f"≤ {_percent(limit.most)}"] * (limit.most < 1)
    return [limit.name, _percent(limit.figure.value), _interval(limit.figure), " and ".join(wanted), limit.verdict]


def _explanations() -> Iterator[str]:
    yield (
        "false alarms: cases in which an equal twin is called slower; found: a slower twin is called slower; coverage: "
        "the interval of a ratio holds the true one."
    )
    yield (
        "Timer: torch.utils.benchmark.Timer.blocked_autorange, in the same time, one side after the other, interval "
        "bootstrapped."
    )


def _with_interval(figure: Figure | None) -> str:
    return text.MISSING if figure is None else f"{_percent(figure.value)} [{_interval(figure)}]"


def _value(figure: Figure | None) -> str:
    return _percent(None if figure is None else figure.value)


def _interval(figure: Figure) -> str:
    low, high = (None if end is None else f"{100 * end:.3g}" for end in (figure.low, figure.high))
    return text.between(low, high, " %")


def _percent(value: float | None) -> str:
    if value is None:
        return text.MISSING
    return f"{100 * value:.2f} %" if value < 0.1 else f"{100 * value:.0f} %"
