"""Lists the cases without a time, and the reasons."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Cell, Section, table
from bench.report.findings.statuses import refusals
from bench.report.sections.study import Study
from bench.store.status import Status


def section(study: Study) -> Section:
    title = "Cases without a time, and why"
    found = refusals(study.results)
    if not found:
        text = "Every case was run and timed." if study.results else "There are no cases."
        return Section("refusals", title, (text,))
    unsupported = sum(r.cases for r in found if r.status is Status.UNSUPPORTED)
    broken = sum(r.cases for r in found if r.status.is_fault)
    rows = [
        (r.implementation, ", ".join(r.devices), Cell(r.status, look="bad" if r.status.is_fault else "muted"),
         r.reason or "not recorded", str(r.cases))
        for r in found
    ]  # fmt: skip
    answer = (
        f"{format.count(unsupported, 'combination')} of case and implementation not run, as unsupported; "
        f"{broken} run with a wrong result or none."
    )
    head = ("implementation", "device", "status", "reason", "cases")
    return Section("refusals", title, (answer,), (table(head, "llllr", rows),))
