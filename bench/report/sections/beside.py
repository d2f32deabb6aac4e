"""What comes beside the time: how near it is to what the machine allows, the plan, and memory."""

from __future__ import annotations

from bench import format
from bench.format import byte_count
from bench.report.document.blocks import Prose, Section, table
from bench.report.findings.ranking import Ranking, central
from bench.report.findings.results import Result
from bench.report.findings.study import Study
from bench.rows.delegation import label

_TITLE = "Beside the time"
_HEAD = ("implementation", "time", "of the roofline", "compiling", "plan", "first call", "pays from", "workspace",
         "kept by the plan", "peak of a call")  # fmt: skip


def sections(study: Study) -> tuple[Section, ...]:
    """One section on the case that everything else varies; nothing where no plan was timed."""
    shown = [r for group in study.groups if (r := central(study.ranked(group), study.axes)) is not None]
    timed = [ranking for ranking in shown if any(r.beside.plan_s is not None for r in ranking.timed)]
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
    return (Section("beside", _TITLE, (_answer(timed[0]),), (*blocks, Prose(_READING))),)


_READING = (
    "The roofline is the least time that the ceilings measured on this machine allow for what must be computed and "
    "moved; ≥ where a library may compute less than the definition, so that only bytes are sure. Compiling, plan and "
    "first call are paid once; a plan pays from the call on from which it and its calls are done sooner than those of "
    "the implementation that starts fastest. Workspace and what the plan keeps are counted, the peak of a call, its "
    "output included, is measured."
)


def _answer(ranking: Ranking) -> str:
    best = ranking.order[0]
    starter = next((r for r in ranking.order if r.beside.break_even_calls == 1), None)
    calls = best.beside.break_even_calls
    text = f"On {best.descriptor}, {best.implementation} takes {format.time(best.time)} a call"
    if best.beside.plan_s is not None:
        text += f" after a plan of {format.seconds(best.beside.plan_s)}"
    if starter is None or calls is None or calls == 1:
        return f"{text}."
    return f"{text}, and pays from {format.count(calls, 'call')} on; for fewer, {starter.implementation} is done first."


def _row(result: Result) -> tuple[str, ...]:
    beside = result.beside
    calls = beside.break_even_calls
    return (
        label(result),
        format.time(result.time),
        _share(beside.roofline_fraction, is_least=beside.is_least),
        format.seconds(beside.jit_s),
        format.seconds(beside.plan_s),
        format.seconds(beside.first_call_s),
        "never" if calls is None else format.count(calls, "call"),
        *(format.MISSING if b is None else byte_count(b) for b in (beside.workspace_bytes, beside.plan_bytes)),
        format.MISSING if beside.peak_bytes is None else byte_count(beside.peak_bytes),
    )


def _share(fraction: float | None, *, is_least: bool) -> str:
    if fraction is None:
        return format.MISSING
    return f"{'≥ ' if is_least else ''}{format.significant(100 * fraction, 2)} %"
