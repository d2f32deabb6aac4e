"""The correctness matrix: which implementation is right on which case."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import correctness_matrix as drawing
from bench.report.findings.cases import label
from bench.report.findings.correctness import Correctness, correctness
from bench.report.sections.study import Study
from bench.store.status import Status

_HOW_TO_READ = (
    "A square is a result that agrees with float64 within the bound of its algorithm. "
    "Dashes are cases that an implementation does not support; every other mark is a fault."
)
_FAULTS = tuple(status for status in Status if status.is_fault)


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none without a result."""
    found = [one for group in study.groups if (one := correctness(study.results, group)) is not None]
    if not found:
        return ()
    images = []
    for one in found:
        names = [label(case, study.axes) for case in one.cases]
        images.append(drawing.panel(one, names, study.marks, study.titled("Correctness", one.group)))
    answers = tuple(study.said_of(one.group, _answer(one)) for one in found)
    blocks = (Prose(_HOW_TO_READ), Gallery(tuple(images)))
    return (Section("correctness", "Correctness matrix", answers, blocks),)


def _answer(found: Correctness) -> str:
    """The right results among those that ran, the faults by status, and what is not supported."""
    right, faults = found.count(Status.OK), {status: found.count(status) for status in _FAULTS}
    ran = right + sum(faults.values())
    cases = format.count(len(found.cases), "case")
    if not ran:
        return f"nothing ran on {cases}."
    text = f"all {ran} results on {cases} are right" if right == ran else f"{right} of {ran} results are right"
    text += "".join(f", {number} {status}" for status, number in faults.items() if number)
    unsupported = found.count(Status.UNSUPPORTED)
    text += f"; {unsupported} not supported" if unsupported else ""
    return text + (f"; {format.count(found.left_out, 'more case')} not drawn." if found.left_out else ".")
