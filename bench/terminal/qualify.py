"""Prints the result of `convcost qualify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench import format as text
from bench.estimates.binomial import Figure
from bench.format import count
from bench.qualify.between import Difference, repeats_better
from bench.qualify.limits import TimingLimit
from bench.qualify.qualification import Qualification
from bench.qualify.questions import SLOWDOWNS
from bench.qualify.summary import Summary
from bench.terminal import busy, console

_SHOWN = {"time_s": "median time", "time_fast_s": "fast end of the times", "over_best": "ratio to the best"}
# The lines of the table of figures.
_FIGURES: tuple[tuple[str, Callable[[Summary], Figure | None]], ...] = (
    ("A/A, median", lambda s: s.error_p50),
    ("A/A, 95th percentile", lambda s: s.error_p95),
    ("false alarms", lambda s: s.false_alarms),
    ("coverage", lambda s: s.coverage),
    ("half-width, median", lambda s: s.half_width),
    ("wide times", lambda s: s.wide),
)


def show(qualification: Qualification, kept: Path) -> None:
    """Print the figures by condition and method, how much runs differ, each limit with its verdict, and the file."""
    if said := busy.sentence(qualification.others):
        console.print_line(said)
    for fault in qualification.faults:
        console.print_line(f"without a time: {fault}")
    _show_summaries(qualification)
    if qualification.differences:
        _show_differences(qualification.differences)
    limits = [_limit(limit) for limit in qualification.limits]
    console.print_table("Limits, 95 % intervals in brackets", ["", "found", "limit", "verdict"], limits, left=(0, 3))
    for line in _explanations():
        console.print_line(line)
    console.print_line(f"kept: {kept}")


def _show_summaries(qualification: Qualification) -> None:
    """A line for each figure, a column for each condition and method."""
    summaries = qualification.summaries
    runs = f"{count(len(qualification.runs), 'run')} of six twins in small sweeps"
    title = f"A/A: |ratio − 1| of equal twins; known slowdowns; {runs}, 95 % intervals in brackets"
    columns = [f"{s.condition}, {s.method}" for s in summaries]
    rows = [[name, *(_with_interval(figure(s)) for s in summaries)] for name, figure in _FIGURES]
    rows.insert(2, ["A/A, largest", *(_percent(s.error_max) for s in summaries)])
    rows += [
        [f"{percent} % slower, found", *(_with_interval(s.power[percent]) for s in summaries)] for percent in SLOWDOWNS
    ]
    console.print_table(title, ["", *columns], rows)


def _show_differences(differences: list[Difference]) -> None:
    rows = [[_SHOWN[d.column], _with_interval(d.p50), _with_interval(d.p95)] for d in differences]
    title = "Two quiet runs: |ratio − 1| of what is shown, the most repeatable first"
    console.print_table(title, ["", "median", "95th percentile"], rows)
    better = repeats_better(differences)
    if better is not None and len(differences) > 1:
        console.print_line(f"Of the two times, the {_SHOWN[better]} repeats better.")


def _limit(limit: TimingLimit) -> list[str]:
    least, most = (f"{100 * end:g}" for end in (limit.least, limit.most))
    bounds = text.between(least if limit.least > 0 else None, most if limit.most < 1 else None, " %")
    return [limit.name, _with_interval(limit.figure), bounds, limit.verdict]


def _explanations() -> Iterator[str]:
    yield (
        "false alarms: cases in which an equal twin is called slower; coverage: the interval of a ratio holds the true "
        "one; half-width: half of that interval over the ratio; wide: an interval over ± 5 %, or none; found: a slower "
        "twin is called slower."
    )
    yield (
        "Timer: torch.utils.benchmark.Timer.blocked_autorange, in the same time, one side after the other, interval "
        "bootstrapped."
    )


def _with_interval(figure: Figure | None) -> str:
    if figure is None:
        return text.MISSING
    interval = _interval(figure)
    return _percent(figure.value) + ("" if interval == text.MISSING else f" [{interval}]")


def _interval(figure: Figure) -> str:
    """The interval of a figure; none of a largest value, whose ends are the value itself."""
    if figure.low == figure.high:
        return text.MISSING
    low, high = (None if end is None else f"{100 * end:.3g}" for end in (figure.low, figure.high))
    return text.between(low, high, " %")


def _percent(value: float | None) -> str:
    if value is None:
        return text.MISSING
    return f"{100 * value:.2f} %" if value < 0.1 else f"{100 * value:.0f} %"
