"""The comparison of a duet: its times by pairs of processes, everything else as of two runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.compare import comparable, sides
from bench.compare.change import RowChanges
from bench.compare.comparison import ComparisonTerms, SideComparison, compare
from bench.compare.duet.paired import paired_changes, shared_by_pairs
from bench.compare.duet.pairs import PairedLogs, read
from bench.compare.pairs import MatchedRows
from bench.compare.quantities import LEVEL, SHARED_PART, TIME
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.verdicts import EQUIVALENCE, MARGIN, ChangeVerdict, runs_to_decide, verdict, verdicts
from bench.estimates.families import holm

UNIT = "pair"
# Beyond this a ratio says nothing, and its exponential has no number.
_FARTHEST = 300.0


def compare_duet(a: Path, b: Path, margin: float = MARGIN) -> SideComparison:
    """Compare the two runs of a duet: A is the old side, B the new one. Whatever differs between them is meant to.

    Raises UsageError if no row was timed on both sides, InfrastructureError for damage.
    """
    old, new = sides.read(a), sides.read(b)
    meant = tuple(one.name for one in comparable.differences([old], [new]))
    paired = read(a, b)
    found = compare([old], [new], ComparisonTerms(across=meant, margin=margin))
    devices = found.matched.devices
    times = [paired_time(found.matched.on(device), paired, LEVEL / len(devices), margin) for device in devices]
    others = [one for one in found.quantities if one.quantity is not TIME]
    return replace(found, quantities=(*(one for one in times if one.rows), *others))


def paired_time(matched: MatchedRows, every: PairedLogs, level: float, margin: float) -> QuantityChanges:
    """The changes of time of the rows of one device, by pairs of processes, at a level that they share."""
    paired = every.of(matched.keys)
    shared = shared_by_pairs(paired.logs)
    shared_level = level * SHARED_PART if shared.is_taken_out else 0.0
    own_level = level - shared_level
    ends = shared.interval(EQUIVALENCE)
    together = verdict(shared.change, shared.p, shared_level, ends, margin) if shared.is_taken_out else None
    tested = _Tests.of(paired, own_level, margin)
    rows = tuple(_rows(matched, paired, tested))
    return QuantityChanges(TIME, matched.devices[0], own_level, UNIT, "holm", shared, together, rows)


@dataclass(frozen=True, slots=True)
class _Tests:
    """What tests say of all rows of a duet, in their order."""

    found: RowChanges
    reach: np.ndarray
    p_family: np.ndarray
    verdicts: list[ChangeVerdict]
    pairs: np.ndarray

    @classmethod
    def of(cls, paired: PairedLogs, level: float, margin: float) -> _Tests:
        found = paired_changes(paired.logs, level)
        p_family = holm(found.p)
        # The variance of a pair is that of both its sides together.
        pairs = runs_to_decide(found, level, margin) / 2
        reach = np.minimum(found.reach(0.95), _FARTHEST)
        return cls(found, reach, p_family, verdicts(found, p_family, level, margin), pairs)


def _rows(matched: MatchedRows, paired: PairedLogs, tested: _Tests) -> Iterator[RowChange]:
    """The rows that two pairs or more have timed."""
    places = {key: number for number, key in enumerate(matched.keys)}
    old, new = (one.value for one in matched.figures(TIME))
    pair_s = _pair_s(matched, paired)
    p = tested.found.p
    for n, key in enumerate(paired.rows):
        if not np.isfinite(tested.p_family[n]):
            continue
        place = places[key]
        change, called = float(tested.found.change[n]), tested.verdicts[n]
        low, high = (math.exp(change + sign * float(tested.reach[n])) for sign in (-1, 1))
        more_s = None
        if called is ChangeVerdict.UNDECIDED and pair_s is not None and np.isfinite(tested.pairs[n]):
            more_s = max(1.0, math.ceil(tested.pairs[n]) - len(paired.pairs)) * pair_s
        yield RowChange(
            key[0], matched.descriptors[place], key[1], math.exp(old[place]), math.exp(new[place]), math.exp(change),
            math.exp(change), low, high, float(p[n]), float(tested.p_family[n]), called, more_s,
            *matched.delegates[place],
        )  # fmt: skip


def _pair_s(matched: MatchedRows, paired: PairedLogs) -> float | None:
    """The mean seconds that one pair spends on one case; None where the runs do not tell."""
    wall_s = matched.runs[0].wall_s
    cases = len({key for key, _ in paired.rows})
    return wall_s / len(paired.pairs) / cases if wall_s else None
