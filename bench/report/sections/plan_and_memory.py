"""Shows the share of the roofline, the cost of the plan and the memory of each implementation."""

from __future__ import annotations

from bench import format
from bench.format import byte_count
from bench.report.document.blocks import Cell, Prose, Section, table
from bench.report.findings.ranking import Ranking, central
from bench.report.findings.results import Result
from bench.report.sections.study import Study
from bench.rows.delegation import label
from bench.rows.standing import Standing, doubt

_TITLE = "Roofline, plan and memory"
_HEAD = ("implementation", "time", "share of the peak", "compilation", "plan", "first call",
         "pays off from", "workspace", "kept by the plan", "peak per call")  # fmt: skip


def sections(study: Study) -> tuple[Section, ...]:
    """One section on the central case of each group; none if no plan was timed."""
    shown = [r for group in study.groups if (r := central(study.ranked(group), study.axes)) is not None]
    timed = [ranking for ranking in shown if any(r.other.plan_s is not None for r in ranking.timed)]
    if not timed:
        return ()
    blocks = [
        block
        for ranking in timed
        for block in (
            Prose(f"{ranking.order[0].descriptor}{study.on(ranking.group)}:"),
            table(_HEAD, "lrrrrrrrrr", [_row(study, ranking, result) for result in ranking.timed]),
        )
    ]
    return (Section("plan-and-memory", _TITLE, (_answer(timed[0]),), (*blocks, Prose(_READING))),)


_READING = (
    "The share of the peak is direct FLOPs over time, divided by the highest rate measured on this machine: the same "
    "measure for all, above 100 % where an algorithm executes fewer FLOPs than the definition has. The roofline of an "
    "algorithm is the least time "
    "that the measured ceilings allow for its own arithmetic and memory traffic; unknown for a library that does not "
    "tell its FLOPs. "
    "Compilation, plan and first call are paid once. A plan pays off from the number of calls at which it and its "
    "calls take less time than those of the implementation with the least plan + first call: with its code in files, "
    "as from the "
    "second process on, and the first time on a machine, when compilation adds to the plan; in brackets its 95 % "
    "interval, from those of the times. Workspace and memory kept "
    "by the plan are counted; the peak per call, output included, is measured."
)


def _answer(ranking: Ranking) -> str:
    best = ranking.order[0]
    if doubt(best) is Standing.NOISY:
        return f"On {best.descriptor}, the times are too noisy for an interval."
    starter = next((r for r in ranking.order if r.other.break_even_calls == 1), None)
    calls = best.other.break_even_calls
    text = f"On {best.descriptor}, {best.implementation} takes {format.time(best.time)} per call"
    if best.other.plan_s is not None:
        text += f" after a plan of {format.seconds(best.other.plan_s)}"
    if starter is None or calls is None or calls == 1 or ranking.of(starter) is not Standing.SLOWER:
        return f"{text}."
    first_time = best.other.break_even_first_time_calls
    own = format.pays_from(calls, best.other.break_even_low_calls, best.other.break_even_high_calls)
    compiled = ""
    if first_time is None and best.other.jit_s:
        compiled = " with its code compiled"
    elif first_time is not None and first_time > calls:
        compiled = f" with its code compiled, from {first_time:,} the first time on a machine"
    return f"{text}. It pays off from {own} on{compiled}; for fewer calls, {starter.implementation} finishes first."


def _row(study: Study, ranking: Ranking, result: Result) -> tuple[Cell | str, ...]:
    other, is_noisy = result.other, doubt(result) is Standing.NOISY
    peak, rate = study.peak_gflops(ranking.group), result.rate_gflops
    share = None if is_noisy else other.roofline_fraction
    of_roofline = "" if share is None else f"{_share(share)} of its roofline"
    return (
        label(result),
        Cell(format.time(result.time), "too noisy" if is_noisy else ""),
        Cell(_share(None if is_noisy or peak is None or rate is None else rate / peak), of_roofline),
        format.seconds(other.jit_s),
        format.seconds(other.plan_s),
        format.seconds(other.first_call_s),
        _payback(ranking, result),
        *(format.MISSING if b is None else byte_count(b) for b in (other.workspace_bytes, other.plan_bytes)),
        format.MISSING if other.peak_bytes is None else byte_count(other.peak_bytes),
    )


def _payback(ranking: Ranking, result: Result) -> Cell | str:
    """The number of calls from which a plan pays; under it, in small print, the number for the first use on a machine.

    Unknown if its time or that of a starter is too noisy.
    """
    starters = [r for r in ranking.order if 1 in (r.other.break_even_calls, r.other.break_even_first_time_calls)]
    if any(doubt(r) is Standing.NOISY for r in (result, *starters)):
        return format.MISSING
    calls, first_time = result.other.break_even_calls, result.other.break_even_first_time_calls
    small = f"first time: {first_time:,}" if first_time is not None and first_time != calls else ""
    low, high = result.other.break_even_low_calls, result.other.break_even_high_calls
    return Cell(format.pays_from(calls, low, high), small)


def _share(fraction: float | None) -> str:
    return format.MISSING if fraction is None else f"{format.significant(100 * fraction, 2)} %"
