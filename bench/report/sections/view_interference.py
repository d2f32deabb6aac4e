"""Interference over the run's time: when other work disturbed the samples, and what showed it."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import interference as drawing
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "A sample is disturbed if there is evidence that something else ran: its thread was taken off the processor "
    "(preempted), tasks waited (pressure), a hypervisor took time (steal), a fixed piece of work after it was slow "
    "(slow-probe), or page faults, a slow clock or throttling. Medians are robust against some of it. Samples of all "
    "processes stand one after the other."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none without samples."""
    found = study.interference
    if found is None:
        return ()
    share = format.significant(100 * found.disturbed / found.samples, 2)
    if not found.disturbed:
        answer = f"None of {format.count(found.samples, 'sample')} shows interference."
    else:
        cause, number = found.causes[0]
        answer = (
            f"{found.disturbed:,} of {format.count(found.samples, 'sample')} ({share} %) show interference, most often "
            f"{cause} ({number:,}); at worst {format.significant(100 * found.worst.disturbed, 2)} % of "
            f"{format.count(found.worst.samples, 'sample')} in a row."
        )
    blocks = (Prose(_HOW_TO_READ), Gallery((drawing.panel(found),)))
    return (Section("interference", "Interference over the run", (answer,), blocks),)
