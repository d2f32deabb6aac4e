"""Every error against its bound."""

from __future__ import annotations

import math
import statistics

from bench import format
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import error_bounds
from bench.report.findings.cases import label
from bench.report.findings.results import Group, Result
from bench.report.sections.study import Study
from bench.store.status import Status

_HOW_TO_READ = (
    "The bound of an algorithm grows with its sums and transforms, so a result far right may have a larger error and "
    "still be as right. A dot on the solid line would use the whole bound; a red cross is a wrong result."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none without an error and its limit."""
    found = [
        (group, image)
        for group in study.groups
        if (image := error_bounds.panel(study.results, group, study.marks, study.titled("Error by bound", group)))
    ]
    if not found:
        return ()
    blocks = (Prose(_HOW_TO_READ), Gallery(tuple(image for _, image in found)))
    answers = tuple(study.said_of(group, _answer(study, group)) for group, _ in found)
    return (Section("error-bounds", "Error against its bound", answers, blocks),)


def _answer(study: Study, group: Group) -> str:
    """The largest and the middle share of the bound among the right results, and the number of wrong ones."""
    known = [(share, r) for r in study.results if r.group == group and (share := _share(r)) is not None]
    right = sorted(((share, r) for share, r in known if r.status is not Status.WRONG), key=lambda pair: pair[0])
    wrong = len(known) - len(right)
    text = f"{wrong} of {format.count(len(known), 'error')} above the bound" if wrong else "no error is above its bound"
    if not right:
        return f"{text}."
    most, worst = right[-1]
    middle = statistics.median(share for share, _ in right)
    return (
        f"{text}; the middle of {format.count(len(right), 'right result')} uses {_per_cent(middle)} of it, the one "
        f"nearest to it {_per_cent(most)} ({worst.implementation}, {label(worst, study.axes)})."
    )


def _share(result: Result) -> float | None:
    error, limit = result.error_rms, result.error_rms_limit
    if error is None or limit is None or not (0 < error < math.inf and 0 < limit < math.inf):
        return None
    return error / limit


def _per_cent(share: float) -> str:
    return f"{format.significant(100 * share, 2)} %"
