"""The view of speed-ups: the time of torch over that of the fastest, case by case."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format
from bench.report.document.blocks import Block, Gallery, Image, Prose, Section
from bench.report.drawing import speed_up_bars
from bench.report.findings.against import Factor
from bench.report.findings.cases import label
from bench.report.findings.results import Group
from bench.report.findings.speed_ups import SpeedUp, middle, speed_ups
from bench.report.sections.study import Study

# So many bars from either end are drawn.
_HALF = 15


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none unless a group that is not busy has a factor in two cases."""
    found = {group: speed_ups(study.ranked(group)) for group in study.groups if not study.is_busy(group)}
    several = {group: ups for group, ups in found.items() if len(ups) > 1}
    if not several:
        return ()
    blocks: list[Block] = [Gallery(tuple(_image(study, group, ups) for group, ups in several.items()))]
    if any(len(ups) > 2 * _HALF for ups in several.values()):
        blocks.append(Prose(f"Of more cases, the {_HALF} with the largest and the {_HALF} with the least are drawn."))
    answers = tuple(study.said_of(group, _answer(study, group, ups)) for group, ups in several.items())
    return (Section("speed-up", "Speed-up over torch", answers, tuple(blocks)),)


def _answer(study: Study, group: Group, ups: Sequence[SpeedUp]) -> str:
    beaten = [one for one in ups if not one.is_tie]
    ties = len(ups) - len(beaten)
    cases = format.count(len(ups), "case")
    if not beaten:
        return f"nothing beats torch in {cases}."
    most = beaten[0]
    text = (
        f"something is faster than torch in {len(beaten)} of {cases}, at most {_factor(most.factor)} "
        f"({most.ranking.order[0].implementation}, {label(most.ranking.order[0], study.axes)}); over all of them the "
        f"middle is {format.ratio(middle(ups))}"
    )
    text += f"; in {ties} torch is the fastest or tied with it" if ties else ""
    open_ = sum(bool(ranking.order) for ranking in study.ranked(group)) - len(ups)
    return text + (f"; {format.count(open_, 'case')} left open by noise or without torch." if open_ else ".")


def _factor(factor: Factor) -> str:
    if factor.low is None or factor.high is None:
        return format.ratio(factor.value)
    return f"{format.ratio(factor.value)} [{format.significant(factor.low)}–{format.significant(factor.high)}]"


def _image(study: Study, group: Group, ups: Sequence[SpeedUp]) -> Image:
    shown = ups if len(ups) <= 2 * _HALF else (*ups[:_HALF], *ups[-_HALF:])
    named = [(label(one.ranking.order[0], study.axes), one) for one in shown]
    return speed_up_bars.panel(named, study.marks, study.titled("Speed-up over torch", group))
