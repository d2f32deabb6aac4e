"""Shows the error of each implementation against the float64 result, and its limit."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format
from bench.report.document.blocks import Block, Cell, Gallery, Prose, Section
from bench.report.drawing import error_dots
from bench.report.findings.accuracies import Accuracy, accuracies
from bench.report.sections.cells import by_conditions
from bench.report.sections.study import Study

_TITLE = "Error"
_MOST_DOTS = 1500


def section(study: Study) -> Section:
    found = accuracies(study.results)
    if not found:
        return Section("errors", _TITLE, ("No result was checked.",))
    # Beside each other there is room for so many dots; the view of errors and bounds has all of them.
    few = [group for group in study.groups if sum(r.group == group for r in study.results) <= _MOST_DOTS]
    images = [error_dots.panel(study.results, group, study.marks) for group in few]
    rows = [_row(accuracy) for accuracy in found]
    head = ("conditions", "implementation", "checked", "wrong", "median rms error", "largest rms error", "its limit",
            "largest share of the bound", "bound")  # fmt: skip
    blocks: list[Block] = [
        Prose(
            "Errors are against a float64 result, relative to its rms. Each dot is a case; the red dash above it is "
            "the largest error_rms that passes; a red cross is a wrong result. error_share is the largest error of "
            "an element over the error allowed for that element: above 1 is wrong."
        ),
        Gallery(tuple(image for image in images if image)),
        by_conditions(study, head, "llrrrrrrl", rows),
    ]
    return Section("errors", _TITLE, (_answer(study, found),), tuple(blocks))


def _answer(study: Study, found: Sequence[Accuracy]) -> str:
    checked, wrong = sum(a.checked for a in found), sum(a.wrong for a in found)
    start = (
        f"{wrong} of {format.count(checked, 'checked result')} {'is' if wrong == 1 else 'are'} wrong and excluded "
        "from all times"
        if wrong
        else f"{format.count(checked, 'checked result')}, none wrong"
    )
    shares = [(a.largest_share, a) for a in found if a.largest_share is not None]
    if not shares:
        return start + "."
    largest, worst = max(shares, key=lambda pair: pair[0])
    return (
        f"{start}. The largest error_share is {format.share(largest)}: {worst.implementation}{study.on(worst.group)}."
    )


def _row(a: Accuracy) -> tuple[Cell | str, ...]:
    return (
        a.group.label,
        a.implementation,
        str(a.checked),
        Cell(str(a.wrong), look="bad" if a.wrong else "muted"),
        format.error(a.median_rms),
        format.error(a.largest_rms),
        format.error(a.largest_rms_limit),
        format.share(a.largest_share),
        "; ".join(a.bounds) or format.MISSING,
    )
