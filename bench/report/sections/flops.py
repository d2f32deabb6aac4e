"""How much of the time a count of FLOPs leaves unexplained."""

from __future__ import annotations

from collections.abc import Iterator

from bench import format
from bench.report.document.blocks import Block, Cell, Gallery, Prose, Section, table
from bench.report.drawing import figures
from bench.report.findings.cases import label
from bench.report.findings.results import Group, Result
from bench.report.findings.study import Study
from bench.report.findings.tables import Spread, best_spreads, spreads

_TITLE = "What FLOPs do not tell"


def section(study: Study) -> Section:
    found, best = spreads(study.results), best_spreads(study.results)
    if not found:
        return Section("flops", _TITLE, ("No case has both a time and FLOPs.",))
    images = [figures.flops_and_time(study.results, group, study.marks) for group in study.groups]
    rows = [_row(study, spread) for group in study.groups for spread in _of_group(group, best, found)]
    head = ("on", "implementation", "cases", "lowest GFLOP/s", "highest GFLOP/s", "highest ÷ lowest")
    blocks: list[Block] = [
        Prose(
            "Each dot is a timed case; on a grey line all have the same effective rate, direct FLOPs over time. "
            "Were FLOPs enough to tell the time, each implementation's dots would lie on one such line."
        ),
        Gallery(tuple(image for image in images if image)),
        table(head, "llrrrr", rows),
    ]
    return Section("flops", _TITLE, tuple(answers(study)), tuple(blocks))


def answers(study: Study) -> Iterator[str]:
    """One line per group: the widest range of one implementation, and that of the fastest per case."""
    found, best = spreads(study.results), best_spreads(study.results)
    for group in study.groups:
        own = [spread for spread in found if spread.group == group]
        if not own:
            continue
        widest = own[0]
        if widest.cases < 2:
            yield f"{group.label}: one case, so there is nothing to compare."
            continue
        (overall,) = (spread for spread in best if spread.group == group)
        yield (
            f"{group.label}: the time per FLOP of one implementation differs by up to {format.ratio(widest.factor)} "
            f"between cases ({widest.implementation}), and by {format.ratio(overall.factor)} if every case is given "
            "to its fastest."
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
        format.ratio(spread.factor),
    )


def _rate(study: Study, result: Result) -> Cell:
    return Cell(format.gflops(result.rate_gflops), label(result, study.axes))
