"""Ratios of times to that of the fastest, paired within blocks."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from dataclasses import replace

from bench.estimates.intervals import paired_ratio
from bench.rows.ranking import fastest, usable
from bench.store.samples import Samples
from bench.store.schema import Row, Sample


def by_process(samples: Sequence[Sample]) -> list[list[float]]:
    """Times, one list for each draw of each process: samples of one draw resemble each other."""
    groups: dict[tuple[int, int], list[float]] = {}
    for sample in samples:
        groups.setdefault(_draw_of(sample), []).append(sample.time_s)
    return list(groups.values())


def _draw_of(sample: Sample) -> tuple[int, int]:
    return sample.process, sample.draw


def with_ratios(rows: Sequence[Row], samples: Samples) -> list[Row]:
    """The rows of one case with their ratio to the fastest that competes, over the blocks that both have.

    A ratio whose interval is too wide to be used is left out.
    """
    best = fastest(rows)
    if best is None:
        return list(rows)
    of_best = samples[best.implementation]
    return [
        _without_ratio(row) if row.time_s is None else _over(row, samples[row.implementation], of_best) for row in rows
    ]


def _without_ratio(row: Row) -> Row:
    return replace(row, over_best=None, over_best_low=None, over_best_high=None)


def _over(row: Row, own: Sequence[Sample], best: Sequence[Sample]) -> Row:
    above = {(_draw_of(s), s.block): s.time_s for s in own}
    below = {(_draw_of(s), s.block): s.time_s for s in best}
    shared = sorted(above.keys() & below.keys())
    if not shared or min(*above.values(), *below.values()) <= 0:
        return _without_ratio(row)
    groups = [list(group) for _, group in itertools.groupby(shared, key=operator.itemgetter(0))]
    ratio = paired_ratio([[above[at] for at in g] for g in groups], [[below[at] for at in g] for g in groups])
    if ratio.low is not None and usable(ratio.low, ratio.high) is None:
        return _without_ratio(row)
    return replace(row, over_best=ratio.estimate, over_best_low=ratio.low, over_best_high=ratio.high)
