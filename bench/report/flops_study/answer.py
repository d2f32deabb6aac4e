"""The first screen of the study: the verdict, three numbers, and the picture for a lecture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bench import format
from bench.predict.study import conclusion, verdict
from bench.predict.study.paper_line import PAPER_LINE
from bench.predict.study.problems import PLACES
from bench.predict.study.results import FLOPS, StudyResult
from bench.report.document.first_screen import FirstScreen, Number, Picture
from bench.report.drawing import equal_flops
from bench.report.drawing.cost_measures import share
from bench.report.flops_study.origin import StudyOrigin


def first_screen(results: Sequence[StudyResult], origin: StudyOrigin) -> FirstScreen:
    """The answer of the study, on the result that stands for all."""
    first = conclusion.lead(results)
    wide, narrow = (equal_flops.panel(first, size) for size in (equal_flops.WIDE_IN, equal_flops.NARROW_IN))
    return FirstScreen(
        headline=conclusion.headline(results),
        detail=f"{first.subject}: {verdict.on_flops(first)}",
        conditions=f"{origin.machine}, {origin.day}",
        numbers=(_spread(first), _flops(first), _best(first)),
        picture=Picture(wide, narrow, wide.drawing.reading),
        limits=tuple(_limits(results)),
        limits_title="What this study cannot say",
    )


def _spread(first: StudyResult) -> Number:
    worst = max(level.spread for level in first.levels)
    name = first.subject.implementation
    return Number("Longest over shortest time at equal FLOPs", f"{first.spread:.1f} ×",
                  f"{name}, mean of {format.count(len(first.levels), 'level')}; at most {worst:.1f} ×")  # fmt: skip


def _flops(first: StudyResult) -> Number:
    fit = first.measure(FLOPS)
    if fit is None:
        return Number("FLOPs order times", format.MISSING, "unknown", "muted")
    return Number("FLOPs order times", share(fit.spearman),
                  f"Spearman's correlation, 1 is perfect; R² of logarithms {share(fit.r2)}")  # fmt: skip


def _best(first: StudyResult) -> Number:
    known = [fit for fit in first.measures if fit.name != FLOPS and not math.isnan(fit.spearman)]
    if not known:
        return Number("Best other measure", format.MISSING, "no other measure varies", "muted")
    best = max(known, key=lambda fit: fit.spearman)
    return Number(f"Best other measure: {best.name}", share(best.spearman),
                  f"Spearman's correlation; R² of logarithms {share(best.r2)}")  # fmt: skip


def _limits(results: Sequence[StudyResult]) -> Iterator[str]:
    yield "It is of single forward calls of one layer, in warm caches and NCHW; whole networks are other runs."
    fewer = [
        result.subject.implementation for result in results if len(result.levels) and _places(result) < len(PLACES)
    ]
    if fewer:
        yield f"Not every problem is computed by {', '.join(dict.fromkeys(fewer))}: their spread is of those that are."
    unknown = [result for result in results if math.isnan(result.redraw)]
    if unknown:
        yield f"How well times repeat is unknown of {format.count(len(unknown), 'implementation')}."
    if not any(result.joule_levels for result in results):
        yield "No meter measured joules in these runs."
    if any(len(result.paper) < len(PAPER_LINE) for result in results):
        yield "Not every layer of the paper's own line has a time of every implementation."


def _places(result: StudyResult) -> int:
    return len({one.of.where for one in result.times})
