"""Shows the extent of the run, the machine, the date and the faults."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Alert, Block, Cell, Details, Prose, Section, table
from bench.report.findings.results import Result, implementations
from bench.report.findings.statuses import Refusal, faults, flag_counts, refusals, status_counts
from bench.report.sections.cells import by_conditions, names
from bench.report.sections.study import Study
from bench.rows.standing import is_noisy
from bench.store.status import Status


def section(study: Study) -> Section:
    blocks: list[Block] = []
    if broken := faults(study.results):
        blocks.append(_alert(broken))
    if study.results:
        blocks.append(_statuses(study))
    if flags := flag_counts(study.results):
        listed = ", ".join(f"{flag} ({number})" for flag, number in flags.items())
        blocks.append(Prose(f"† marks a time with a warning: {listed}."))
    return Section("overview", "What was measured", (_extent(study), machine(study)), tuple(blocks))


def conditions(study: Study) -> str:
    """The conditions of every number: the first lines of page and summary."""
    caches = names(dict.fromkeys(group.cache for group in study.groups) or ["warm"], "or")
    one = f"{format.ONE_PROCESS} " if study.has_one_process else ""
    return (
        f"Forward pass only. A time is the median of one call with its 95 % interval. {one}"
        f"Caches are {caches}; the plan is excluded. "
        "FLOPs are 2 × MACs of the definition (“direct”), not the operations that an algorithm executes. A rate above "
        "the machine's peak shows an algorithmic speed-up, not a faster machine."
    )


def busy(study: Study) -> str:
    """The first sentence where most times of some group are noisy, with what helps; else empty."""
    groups = study.busy
    if not groups:
        return ""
    timed = [result for group in groups for result in study.timed(group)]
    where = "" if len(groups) == len(study.groups) else f" of {names(group.label for group in groups)}"
    said = format.busy(sum(map(is_noisy, timed)), len(timed), "--budget", {group.device for group in groups})
    return f"{said} Nothing{where} is summed up here: no wins, no ties, no totals, no factors."


def _extent(study: Study) -> str:
    if not study.results:
        return "No case was measured."
    counts = status_counts(study.results)
    listed = ", ".join(f"{number:,} {status}" for status, number in counts.items())
    text = (
        f"{format.count(len(implementations(study.results)), 'implementation')} over "
        f"{format.count(len(study.rankings), 'case')} ({'; '.join(group.label for group in study.groups)}): {listed}."
    )
    return text if counts.get(Status.OK) else text + " Nothing was timed."


def machine(study: Study) -> str:
    """The machine and the start of the run, in a sentence."""
    env = study.environment
    parts = [str(env[key]) for key in ("host", "cpu", "gpu", "os") if env.get(key)]
    where = f"Measured on {', '.join(parts)}" if parts else "The machine is not recorded"
    when = study.meta.get("created_utc")
    return where + (f"; started {when}." if when else ".")


def _alert(broken: tuple[Result, ...]) -> Alert:
    """The faults grouped by reason, then one by one with the command that repeats each."""
    listed = ", ".join(f"{number} {status}" for status, number in status_counts(broken).items())
    grouped = table(
        ("implementation", "status", "cases", "reason", "example"), "llrll", [_line(r) for r in refusals(broken)]
    )
    rows = [
        (r.implementation, Cell(r.status, look="bad"), r.group.label, Cell(r.descriptor, look="code"),
         r.reason or "none recorded", Cell(r.command, look="code"))
        for r in broken
    ]  # fmt: skip
    each = table(("implementation", "status", "conditions", "case", "reason", "command to repeat it"), "llllll", rows)
    return Alert(
        f"{format.count(len(broken), 'faulty result')}: {listed}",
        (Prose("No table or figure of times includes them."), grouped, Details("All faulty results", (each,))),
    )


def _line(refusal: Refusal) -> tuple[Cell | str, ...]:
    return (
        refusal.implementation,
        Cell(refusal.status, look="bad"),
        str(refusal.cases),
        refusal.reason or "none recorded",
        Cell(refusal.example.descriptor, f"on {refusal.example.group.label}", "code"),
    )


def _statuses(study: Study) -> Details:
    """The number of results by group, implementation and status."""
    statuses = tuple(status_counts(study.results))
    rows: list[tuple[str, ...]] = []
    for group in study.groups:
        own = [r for r in study.results if r.group == group]
        for name in (n for n in study.marks if any(r.implementation == n for r in own)):
            counts = status_counts(r for r in own if r.implementation == name)
            rows.append((group.label, name, *(str(counts.get(status) or format.MISSING) for status in statuses)))
    head = ("conditions", "implementation", *statuses)
    counted = by_conditions(study, head, "ll" + "r" * len(statuses), rows)
    return Details("Results by implementation and status", (counted,))
