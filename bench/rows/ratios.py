"""Times over that of the fastest, paired within blocks."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.estimates.intervals import paired_ratio
from bench.rows.delegation import competing
from bench.store.schema import Row

Samples = Sequence[dict[str, Any]]


def by_process(samples: Samples, column: str = "time_s") -> list[list[Any]]:
    """One column of the samples, a list a process and draw: within one, samples are alike."""
    groups: dict[tuple[int, int], list[Any]] = {}
    for sample in samples:
        groups.setdefault(_draw_of(sample), []).append(sample[column])
    return list(groups.values())


def _draw_of(sample: dict[str, Any]) -> tuple[int, int]:
    return sample["process"], sample.get("draw", 0)


def with_ratios(rows: Sequence[Row], samples: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """The rows of one case with their time over that of the fastest, paired within the blocks of both."""
    timed = [row for row in rows if row.time_s is not None]
    if not timed:
        return list(rows)
    best = samples[min(competing(timed), key=lambda row: row.time_s or 0.0).implementation]
    return [row if row.time_s is None else _over(row, samples[row.implementation], best) for row in rows]


def _over(row: Row, own: Samples, best: Samples) -> Row:
    above = {(_draw_of(s), s["block"]): s["time_s"] for s in own}
    below = {(_draw_of(s), s["block"]): s["time_s"] for s in best}
    shared = sorted(above.keys() & below.keys())
    if not shared or min(*above.values(), *below.values()) <= 0:
        return replace(row, over_best=None, over_best_low=None, over_best_high=None)
    groups = [list(group) for _, group in itertools.groupby(shared, key=operator.itemgetter(0))]
    ratio = paired_ratio([[above[at] for at in g] for g in groups], [[below[at] for at in g] for g in groups])
    return replace(row, over_best=ratio.estimate, over_best_low=ratio.low, over_best_high=ratio.high)
