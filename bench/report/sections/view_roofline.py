"""The roofline with every timed case on it."""

from __future__ import annotations

from bench import format
from bench.calibration.value import Calibration, find
from bench.report.document.blocks import Gallery, Prose, Section
from bench.report.drawing import roofline_cases as drawing
from bench.report.findings.cases import label
from bench.report.findings.results import Group
from bench.report.findings.rooflines import Roofline, roofline
from bench.report.sections.study import Study

_HOW_TO_READ = (
    "Both axes count the definition's FLOPs, the same for all implementations of a case, and bytes that must be moved "
    "at least: input, weights and output, once each. The flat line is the highest measured rate of arithmetic, the "
    "slopes are the measured bandwidths. A dot above the flat line executes fewer FLOPs than the definition has; one "
    "above the slope of memory finds its data in a cache."
)


def sections(study: Study) -> tuple[Section, ...]:
    """One section; none without measured ceilings, or where all times are too noisy."""
    known = tuple(map(Calibration.from_dict, study.meta.get("calibration") or ()))
    found = [one for group in study.groups if (one := _of(study, known, group))]
    if not found:
        return ()
    images = tuple(drawing.panel(one, study.marks, study.titled("Roofline", one.group)) for one in found)
    answers = tuple(study.said_of(one.group, _answer(study, one)) for one in found)
    blocks = (Prose(_HOW_TO_READ), Gallery(images))
    return (Section("roofline", "Roofline: every case under the ceilings", answers, blocks),)


def _of(study: Study, known: tuple[Calibration, ...], group: Group) -> Roofline | None:
    if study.is_busy(group):
        return None
    return roofline(group, study.results, find(known, group.device, group.threads, group.tuning.key))


def _answer(study: Study, found: Roofline) -> str:
    """The highest share of the peak, the results above it, and on which side of the ridge the cases are."""
    most = max(found.points, key=lambda point: point.rate_gflops)
    share = format.significant(100 * most.rate_gflops / found.peak_gflops, 2)
    text = (
        f"the highest rate is {format.significant(most.rate_gflops)} GFLOP/s, {share} % of the measured peak "
        f"({most.result.implementation}, {label(most.result, study.axes)})"
    )
    above = len(found.above)
    if above:
        text += f"; {above} of {format.count(len(found.points), 'result')} above the peak, as they execute fewer FLOPs"
    if found.ridge is not None:
        cases = {point.result.case_key: point.intensity for point in found.points}
        bound = sum(intensity < found.ridge for intensity in cases.values())
        text += f"; {bound} of {format.count(len(cases), 'case')} would wait for memory if no cache held their data"
    return f"{text}."
