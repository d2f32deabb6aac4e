"""Shows the share of the roofline, the cost of the plan and the memory of each implementation."""

from __future__ import annotations

from bench import format
from bench.format import byte_count
from bench.report.document.blocks import Prose, Section, table
from bench.report.findings.ranking import Ranking, central
from bench.report.findings.results import Result
from bench.report.sections.study import Study
from bench.rows.delegation import label

_TITLE = "Roofline, plan and memory"
_HEAD = ("implementation", "time", "share of the roofline", "compilation", "plan", "first call", "pays off from",
         "workspace", "kept by the plan", "peak per call")  # fmt: skip


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
            Prose(f"{ranking.order[0].descriptor} on {ranking.group.label}:"),
            table(_HEAD, "lrrrrrrrrr", [_row(result) for result in ranking.timed]),
        )
    ]
    return (Section("plan-and-memory", _TITLE, (_answer(timed[0]),), (*blocks, Prose(_READING))),)


_READING = (
    "The roofline is the least time that the ceilings measured on this machine allow for the arithmetic and memory "
    "traffic of a call. ≥ marks a library that may compute less than the definition, so only its bytes are certain. "
    "Compilation, plan and first call are paid once. A plan pays off from the number of calls at which it and its "
    "calls take less time than those of the implementation that starts fastest. Workspace and memory kept by the plan "
    "are counted; the peak per call, output included, is measured."
)


def _answer(ranking: Ranking) -> str:
    best = ranking.order[0]
    starter = next((r for r in ranking.order if r.other.break_even_calls == 1), None)
    calls = best.other.break_even_calls
    text = f"On {best.descriptor}, {best.implementation} takes {format.time(best.time)} per call"
    if best.other.plan_s is not None:
        text += f" after a plan of {format.seconds(best.other.plan_s)}"
    if starter is None or calls is None or calls == 1:
        return f"{text}."
    return (
        f"{text}. It pays off from {format.count(calls, 'call')} on; for fewer calls, "
        f"{starter.implementation} finishes first."
    )


def _row(result: Result) -> tuple[str, ...]:
    other = result.other
    calls = other.break_even_calls
    return (
        label(result),
        format.time(result.time),
        _share(other.roofline_fraction, is_least=other.is_least),
        format.seconds(other.jit_s),
        format.seconds(other.plan_s),
        format.seconds(other.first_call_s),
        "never" if calls is None else format.count(calls, "call"),
        *(format.MISSING if b is None else byte_count(b) for b in (other.workspace_bytes, other.plan_bytes)),
        format.MISSING if other.peak_bytes is None else byte_count(other.peak_bytes),
    )


def _share(fraction: float | None, *, is_least: bool) -> str:
    if fraction is None:
        return format.MISSING
    return f"{'≥ ' if is_least else ''}{format.significant(100 * fraction, 2)} %"
