"""What could not be run, and why."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Cell, Section, table
from bench.report.findings.study import Study
from bench.report.findings.tables import FAULTS, refusals


def section(study: Study) -> Section:
    title = "What could not be run, and why"
    found = refusals(study.results)
    if not found:
        text = "Everything that was asked for was run and timed." if study.results else "Nothing was asked for."
        return Section("refusals", title, (text,))
    unsupported = sum(r.cases for r in found if r.status == "unsupported")
    broken = sum(r.cases for r in found if r.status in FAULTS)
    rows = [
        (r.implementation, ", ".join(r.devices), Cell(r.status, look="bad" if r.status in FAULTS else "muted"),
         r.reason or "none recorded", str(r.cases))
        for r in found
    ]  # fmt: skip
    answer = (
        f"{format.count(unsupported, 'combination')} of case and implementation declined beforehand as unsupported; "
        f"{broken} tried and not right or not finished."
    )
    head = ("implementation", "device", "status", "reason", "cases")
    return Section("refusals", title, (answer,), (table(head, "llllr", rows),))
