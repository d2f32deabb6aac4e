"""Whether the content of tensors changes what an implementation costs. It is compared with itself alone.

Different contents are never ranked among implementations: `fastest` knows one content at a time. Here one
implementation on one layer has a cost on each content, and the question is how far these costs are apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.estimates import against_best
from bench.estimates.against_best import Against, held_together
from bench.estimates.intervals import Interval, Ratio
from bench.store.schema import Sample

# A difference of less than a fiftieth is none: two contents are visited seconds apart, and visits to one and the same
# case differ by some 3 % (docs/method.md, "Between visits").
NEGLIGIBLE = 0.02
# Costs that are known to be no farther apart than this do not change; what is known less well is undecided.
WITHIN = 0.05


class ContentChange(StrEnum):
    """Whether the content changes a cost."""

    CHANGES = "changes"
    SAME = "does not change"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ContentVerdict:
    """The largest ratio of a cost on one content (`most`) to that on the content with the least (`least`).

    `changed` are the contents that cost more for sure, the most first. No other content is more than the share `within`
    above the least, with 95 % confidence; None if that is not known well enough, or there is no other.
    """

    change: ContentChange
    most: str
    least: str
    ratio: Ratio
    changed: tuple[str, ...] = ()
    within: float | None = None


def by_time(samples: Mapping[str, Sequence[Sample]]) -> ContentVerdict | None:
    """The verdict on the times of one implementation, from its samples on each content; None with fewer than two.

    Each process has visited each content, so that ratios are taken within processes, and their scatter over processes
    gives the intervals, which hold all at once (`bench.estimates.against_best`). One process alone gives no interval.
    """
    taken = {content: own for content, found in samples.items() if (own := _logarithms(found)) is not None}
    if len(taken) < 2:
        return None
    least = min(taken, key=lambda content: taken[content].mean)
    others = {
        content: pair
        for content, own in taken.items()
        if content != least and (pair := _over(own, taken[least])) is not None
    }
    found = against_best.ratios(list(others.values()))
    ratios = {
        content: ratio if len(pair.units) > 1 else Ratio(ratio.estimate, None, None)
        for (content, pair), ratio in zip(others.items(), found, strict=True)
    }
    return _verdict(ratios, least) if ratios else None


def by_joules(joules: Mapping[str, tuple[float, Interval | None]]) -> ContentVerdict | None:
    """The verdict on the joules of one implementation by one meter: value and 95 % interval on each content.

    Windows of two contents are not paired, so that their intervals decide, widened to hold all at once. None with fewer
    than two joules above 0.
    """
    known = {content: figure for content, figure in joules.items() if figure[0] > 0}
    if len(known) < 2:
        return None
    least = min(known, key=lambda content: known[content][0])
    ends = {content: _held(*figure, len(known)) for content, figure in known.items()}
    ratios = {}
    for content, (value, _) in known.items():
        own, best = ends[content], ends[least]
        if content == least:
            continue
        low, high = (None, None) if own is None or best is None else (own[0] / best[1], own[1] / best[0])
        ratios[content] = Ratio(value / known[least][0], low, high)
    return _verdict(ratios, least)


def _logarithms(samples: Sequence[Sample]) -> Against | None:
    """The logarithms of the times on one content, by process; None without any, or with a time of 0."""
    if not samples or min(sample.time_s for sample in samples) <= 0:
        return None
    units: dict[int, dict[int, list[float]]] = {}
    for sample in samples:
        units.setdefault(sample.process, {}).setdefault(sample.draw, []).append(math.log(sample.time_s))
    return Against.of((process, list(draws.values())) for process, draws in units.items())


def _over(own: Against, least: Against) -> Against | None:
    """One content over another, in the processes that visited both; None without any."""
    shared = sorted(own.units.keys() & least.units.keys())
    if not shared:
        return None
    return Against(
        {process: own.units[process] - least.units[process] for process in shared},
        min(own.blocks, least.blocks),
        math.hypot(own.block_error, least.block_error),
    )


def _held(value: float, ends: Interval | None, count: int) -> Interval | None:
    """The interval of one of so many values; None without one, and for one that reaches down to 0."""
    if ends is None:
        return None
    low, high = held_together(value, ends, count)
    return (low, high) if 0 < low <= high else None


def _verdict(ratios: Mapping[str, Ratio], least: str) -> ContentVerdict:
    """What the ratios to the content with the least cost say."""
    surely = {content: ratio for content, ratio in ratios.items() if _is_above(ratio)}
    ordered = tuple(sorted(surely, key=lambda content: -ratios[content].estimate))
    highest = _highest([ratio for content, ratio in ratios.items() if content not in surely])
    within = None if highest is None or highest > 1 + WITHIN else max(0.0, highest - 1)
    most = ordered[0] if ordered else max(ratios, key=lambda content: ratios[content].estimate)
    change = ContentChange.UNDECIDED if within is None else ContentChange.SAME
    change = ContentChange.CHANGES if ordered else change
    return ContentVerdict(change, most, least, ratios[most], ordered, within)


def _is_above(ratio: Ratio) -> bool:
    """Whether a ratio is above 1 for sure, and not by a negligible share for sure."""
    return ratio.low is not None and ratio.high is not None and ratio.low > 1 and ratio.high > 1 + NEGLIGIBLE


def _highest(ratios: Sequence[Ratio]) -> float | None:
    """The highest upper end of all intervals; None if one is missing, or there is none."""
    known = [ratio.high for ratio in ratios if ratio.high is not None]
    return max(known) if known and len(known) == len(ratios) else None
