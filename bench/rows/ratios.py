"""Ratios of times to that of the fastest, paired within blocks, with intervals that hold all at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bench.estimates import against_best
from bench.estimates.against_best import Against
from bench.estimates.intervals import Ratio
from bench.rows.ranking import fastest
from bench.rows.standing import usable
from bench.store.samples import Samples
from bench.store.schema import Row, Sample
from bench.store.status import Flag

# An interval wider than ± this share is flagged: times and ratios within it can hardly be ranked.
WIDE = 0.05
# Of ratios above this one nobody asks for a twentieth.
NEAR = 1.5


def by_unit(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The samples of each process, or of each draw of a single process: samples of one unit resemble each other."""
    has_processes = len({sample.process for sample in samples}) > 1
    groups: dict[int, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.process if has_processes else sample.draw, []).append(sample)
    return list(groups.values())


def _draw_of(sample: Sample) -> tuple[int, int]:
    return sample.process, sample.draw


def with_ratios(rows: Sequence[Row], samples: Samples) -> list[Row]:
    """The rows of one case with their ratio to the fastest that competes, over the blocks that both have.

    All intervals of a case hold at once (`bench.estimates.against_best`); those of implementations that only chose
    another count too. A ratio whose interval is too wide to be used is left out. A ratio near 1 with an interval wider
    than ± `WIDE` has a flag.
    """
    best = fastest(rows)
    if best is None:
        return list(rows)
    of_best = samples[best.implementation]
    pairs = {
        row.implementation: pair
        for row in rows
        if row.time_s is not None and row is not best and (pair := _pair(samples[row.implementation], of_best))
    }
    found = dict(zip(pairs, against_best.ratios(list(pairs.values())), strict=True))
    if min(sample.time_s for sample in of_best) > 0:
        found[best.implementation] = (
            Ratio(1.0, 1.0, 1.0) if len(of_best) >= against_best.MIN_BLOCKS else Ratio(1.0, None, None)
        )
    return [_with_ratio(row, found.get(row.implementation)) for row in rows]


def _pair(own: Sequence[Sample], best: Sequence[Sample]) -> Against | None:
    """The logarithms of one time over another in the blocks that both have; None without any, or with a time of 0.

    A process is the unit: draws of one process are more alike than processes. In a single process its draws are.
    """
    above = {(_draw_of(s), s.block): s.time_s for s in own}
    below = {(_draw_of(s), s.block): s.time_s for s in best}
    shared = sorted(above.keys() & below.keys())
    if not shared or min(*above.values(), *below.values()) <= 0:
        return None
    has_processes = len({process for (process, _), _ in shared}) > 1
    units: dict[int, dict[tuple[int, int], list[float]]] = {}
    for at in shared:
        (process, draw), _ = at
        logs = units.setdefault(process if has_processes else draw, {})
        logs.setdefault((process, draw), []).append(math.log(above[at] / below[at]))
    return Against.of((unit, list(draws.values())) for unit, draws in units.items())


def _with_ratio(row: Row, ratio: Ratio | None) -> Row:
    flags: tuple[Flag, ...] = tuple(flag for flag in row.flags if flag is not Flag.WIDE_RATIO)
    if ratio is None:
        return replace(row, over_best=None, over_best_low=None, over_best_high=None, flags=flags)
    width = ratio.rel_half_width
    if width is not None and width > WIDE and ratio.estimate <= NEAR:
        flags = (*flags, Flag.WIDE_RATIO)
    if ratio.low is not None and usable(ratio.low, ratio.high) is None:
        return replace(row, over_best=None, over_best_low=None, over_best_high=None, flags=flags)
    return replace(row, over_best=ratio.estimate, over_best_low=ratio.low, over_best_high=ratio.high, flags=flags)
