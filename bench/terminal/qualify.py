"""Prints the result of `convcost qualify`."""

from __future__ import annotations

from pathlib import Path

from bench import format as text
from bench.estimates.binomial import Figure
from bench.format import count
from bench.qualify.qualification import Qualification
from bench.qualify.summary import Summary, TimingLimit
from bench.terminal import busy, console


def show(qualification: Qualification, kept: Path) -> None:
    """Print the figures by condition and method, each limit with its verdict, and the file that keeps it all."""
    if said := busy.sentence(qualification.others):
        console.print_line(said)
    columns = ["condition", "method", "A/A p50", "p95", "max", "false alarms", "coverage"]
    summaries = qualification.summaries
    columns += [f"{100 / n:.0f} % found" for n in summaries[0].power]
    rows = [_cells(summary) for summary in summaries]
    trials = count(len(qualification.answers), "trial")
    title = f"A/A: |ratio − 1| of two equal plans; known slowdowns; {trials} of 1 s, 95 % intervals in brackets"
    console.print_table(title, columns, rows, left=(0, 1), keys=2)
    limits = [_limit(limit) for limit in qualification.limits]
    console.print_table("Limits", ["", "found", "95 % interval", "limit", "verdict"], limits, left=(0, 4))
    console.print_line(
        "false alarms: the interval of two equal plans excludes 1; found: it is above 1. Timer: "
        "torch.utils.benchmark.Timer.blocked_autorange, half of the same time for each side, interval bootstrapped."
    )
    console.print_line(f"kept: {kept}")


def _cells(summary: Summary) -> list[str]:
    spread = [_percent(summary.error_p50.value), _with_interval(summary.error_p95), _percent(summary.error_max)]
    shares = [summary.false_alarms, summary.coverage, *summary.power.values()]
    return [summary.condition, summary.method, *spread, *map(_with_interval, shares)]


def _limit(limit: TimingLimit) -> list[str]:
    wanted = [f"≥ {_percent(limit.least)}"] * (limit.least > 0) + [f"≤ {_percent(limit.most)}"] * (limit.most < 1)
    return [limit.name, _percent(limit.figure.value), _interval(limit.figure), " and ".join(wanted), limit.verdict]


def _with_interval(figure: Figure) -> str:
    return f"{_percent(figure.value)} [{_interval(figure)}]"


def _interval(figure: Figure) -> str:
    low, high = (None if end is None else f"{100 * end:.3g}" for end in (figure.low, figure.high))
    return text.between(low, high, " %")


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %" if value < 0.1 else f"{100 * value:.0f} %"
