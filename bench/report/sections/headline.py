"""What was measured, where and when, and what went wrong."""

from __future__ import annotations

from collections import Counter

from bench import format
from bench.report.document.blocks import Alert, Block, Cell, Details, Prose, Section, table
from bench.report.findings.results import Result, implementations
from bench.report.findings.study import Study
from bench.report.findings.tables import FAULTS, Refusal, faults, flag_counts, refusals, status_counts
from bench.report.sections.cells import names


def section(study: Study) -> Section:
    blocks: list[Block] = []
    if broken := faults(study.results):
        blocks.append(_alert(broken))
    if study.results:
        blocks.append(_statuses(study))
    if flags := flag_counts(study.results):
        listed = ", ".join(f"{flag} ({number})" for flag, number in flags.items())
        blocks.append(Prose(f"† marks a time whose row carries a warning: {listed}."))
    return Section("headline", "What was measured", (_extent(study), _machine(study)), tuple(blocks))


def conditions(study: Study) -> str:
    """What every number has in common: the first line of page and summary."""
    caches = names(dict.fromkeys(group.cache for group in study.groups) or ["warm"])
    return (
        f"Forward pass only; times are medians of one call with 95 % intervals, {caches} caches, plan excluded. "
        "FLOPs are 2 × MACs of the definition (“direct”), whatever an algorithm executes: a rate above the "
        "machine's peak is an algorithmic speed-up, not a faster machine."
    )


def _extent(study: Study) -> str:
    if not study.results:
        return "No case was measured."
    counts = status_counts(study.results)
    listed = ", ".join(f"{number:,} {status}" for status, number in counts.items())
    text = (
        f"{format.count(len(implementations(study.results)), 'implementation')} over "
        f"{format.count(len(study.rankings), 'case')} ({'; '.join(group.label for group in study.groups)}): {listed}."
    )
    return text if counts.get("ok") else text + " Nothing could be timed."


def _machine(study: Study) -> str:
    env = study.environment
    parts = [str(env[key]) for key in ("host", "cpu", "gpu", "os") if env.get(key)]
    where = f"Measured on {', '.join(parts)}" if parts else "The machine is not recorded"
    when = study.meta.get("created_utc")
    return where + (f"; begun {when}." if when else ".")


def _alert(broken: tuple[Result, ...]) -> Alert:
    """The faults grouped by reason, then one by one with what repeats each."""
    counts = Counter(result.status for result in broken)
    listed = ", ".join(f"{counts[status]} {status}" for status in FAULTS if counts[status])
    grouped = table(
        ("implementation", "status", "cases", "reason", "for example"), "llrll", [_line(r) for r in refusals(broken)]
    )
    rows = [
        (r.implementation, Cell(r.status, look="bad"), r.group.label, Cell(r.descriptor, look="code"),
         r.reason or "none recorded", Cell(r.command, look="code"))
        for r in broken
    ]  # fmt: skip
    each = table(("implementation", "status", "on", "case", "reason", "repeat with"), "llllll", rows)
    return Alert(
        f"{format.count(len(broken), 'result')} should have been right and {'was' if len(broken) == 1 else 'were'} "
        f"not: {listed}",
        (Prose("No timing table and no figure of times holds any of them."), grouped, Details("Each of them", (each,))),
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
    """Counts by implementation and device."""
    statuses = tuple(status_counts(study.results))
    rows: list[tuple[str, ...]] = []
    for group in study.groups:
        own = [r for r in study.results if r.group == group]
        for name in (n for n in study.marks if any(r.implementation == n for r in own)):
            counts = status_counts(r for r in own if r.implementation == name)
            rows.append((group.label, name, *(str(counts.get(status) or format.MISSING) for status in statuses)))
    head = ("on", "implementation", *statuses)
    return Details("Results by implementation and status", (table(head, "ll" + "r" * len(statuses), rows),))
