"""Plan against run: which implementation finishes first after how many calls."""

from __future__ import annotations

from bench import format
from bench.report.document.blocks import Gallery, Image, Prose, Section
from bench.report.drawing import plan_lines as drawing
from bench.report.findings.plan_lines import PlanAgainstRun, plan_against_run
from bench.report.findings.ranking import central
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "A line is one plan and so many calls, divided by the calls: on the left the plan weighs most, on the right the "
    "call alone is left. The strong line is the least of all. Code is taken to be compiled already, as from the second "
    "process on."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section on the central case of each group that is not busy; none unless two plans of a case are known."""
    found: list[PlanAgainstRun] = []
    for group in study.groups:
        ranking = None if study.is_busy(group) else central(study.ranked(group), study.axes)
        one = None if ranking is None else plan_against_run(ranking)
        if one is not None:
            found.append(one)
    if not found:
        return ()
    images = tuple(_image(study, one) for one in found)
    answers = tuple(study.said_of(one.ranking.group, _answer(one)) for one in found)
    blocks = (Prose(_HOW_TO_READ), Gallery(images))
    return (Section("plan-against-run", "Plan against run: from how many calls", answers, blocks),)


def _image(study: Study, found: PlanAgainstRun) -> Image:
    title = study.titled(f"Plan and calls, {found.ranking.order[0].descriptor}", found.ranking.group)
    return drawing.panel(found, study.marks, title)


def _answer(found: PlanAgainstRun) -> str:
    """Who finishes first for how many calls."""
    where = found.ranking.order[0].descriptor
    first, *later = found.stretches
    text = f"on {where} {first.line.result.implementation} finishes first from the first call on"
    text += "".join(f", {one.line.result.implementation} from {format.count(one.calls, 'call')} on" for one in later)
    return f"{text}." if later else f"{text}, however many follow."
