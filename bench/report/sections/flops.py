"""Shows that FLOPs alone do not predict time."""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.report.document.blocks import Block, Cell, Gallery, Prose, Section
from bench.report.drawing import flops_and_time
from bench.report.findings.cases import label
from bench.report.findings.results import Group, Result
from bench.report.findings.spreads import Spread, best_spreads, spreads
from bench.report.sections.cells import by_conditions
from bench.report.sections.study import Study

_TITLE = "FLOPs against time"


def section(study: Study) -> Section:
    found, best = spreads(study.results), best_spreads(study.rankings)
    if not found:
        is_timed = any(result.rate_gflops is not None for result in study.results)
        text = "All times are too noisy to be compared." if is_timed else "No case has both a time and FLOPs."
        return Section("flops", _TITLE, (text,))
    images = [flops_and_time.panel(study.results, group, study.marks) for group in study.groups]
    rows = [
        _row(study, spread)
        for group in study.groups
        # Noise may have decided which is the fastest of a case.
        for spread in _of_group(group, *([] if study.is_busy(group) else [best]), found)
    ]
    head = ("conditions", "implementation", "cases", "lowest GFLOP/s", "highest GFLOP/s", "highest ÷ lowest")
    blocks: list[Block] = [
        Prose(
            "Each dot is a timed case. All dots on a grey line have the same effective rate, direct FLOPs over time. "
            "If FLOPs alone predicted time, all dots of one implementation would be on one such line."
        ),
        Gallery(tuple(image for image in images if image)),
        by_conditions(study, head, "llrrrr", rows),
    ]
    return Section("flops", _TITLE, tuple(answers(study)), tuple(blocks))


def answers(study: Study) -> Iterator[str]:
    """One line per group: the widest range of one implementation, and the range of the fastest per case."""
    found, best = spreads(study.results), best_spreads(study.rankings)
    for group in study.groups:
        own = [spread for spread in found if spread.group == group]
        if not own:
            continue
        if study.is_busy(group):
            yield study.said_of(group, "most times are uncertain, so the time per FLOP is not compared.")
            continue
        widest = own[0]
        if widest.cases < 2:
            yield study.said_of(group, "one case, so there is nothing to compare.")
            continue
        (overall,) = (spread for spread in best if spread.group == group)
        yield study.said_of(
            group,
            f"the time per FLOP of one implementation differs by up to {format.ratio(widest.factor)} "
            f"between cases ({widest.implementation}), and by {format.ratio(overall.factor)} if the fastest "
            "implementation computes every case.",
        )


def _of_group(group: Group, *lists: tuple[Spread, ...]) -> list[Spread]:
    return [spread for found in lists for spread in found if spread.group == group]


def _row(study: Study, spread: Spread) -> tuple[Cell | str, ...]:
    return (
        spread.group.label,
        spread.implementation,
        str(spread.cases),
        _rate(study, spread.lowest),
        _rate(study, spread.highest),
        format.ratio(None if study.is_busy(spread.group) else spread.factor),
    )


def _rate(study: Study, result: Result) -> Cell:
    return Cell(format.gflops(result.rate_gflops), label(result, study.axes))
