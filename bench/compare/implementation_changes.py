"""The change of an implementation in all its cases: a changed kernel changes them together, and few rows hide it.

What the middle row of an implementation did, beside what all rows share, scatters between runs less than a row, and far
more than its number of rows would let it: a slow hour slows what reads memory and what computes unlike each other. So
implementations are the units of this test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.compare.change import RowChanges, SideFigures, changes
from bench.compare.run_variance import WithinRuns
from bench.compare.shared import SharedChange, levels_beside
from bench.compare.verdicts import ChangeVerdict, verdicts
from bench.estimates.families import holm

# An implementation with fewer rows is no more than its rows.
LEAST_OF_ONE = 3
# The standard deviation between runs of the middle row of an implementation, over that of a row, and how alike they are
# (d0 of Smyth 2004): 0.0114 over 0.0186, and 7.7, in nine sweeps of thirteen implementations within an hour on two
# shared cores.
OVER_THAT_OF_ROWS, IMPLEMENTATION_FREEDOM = 0.61, 7.7


@dataclass(frozen=True, slots=True)
class ImplementationChange:
    """The change of the middle row of an implementation beside what all share, with its own 95 % interval."""

    implementation: str
    rows: int
    ratio: float
    low: float
    high: float
    p: float
    p_family: float
    verdict: ChangeVerdict

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def implementation_changes(
    figures: SideFigures,
    groups: Mapping[str, np.ndarray],
    shared: SharedChange,
    rows: RowChanges,
    level: float,
    margin: float,
) -> tuple[ImplementationChange, ...]:
    """The changes of implementations with LEAST_OF_ONE rows that both sides have; none for fewer than two of them."""
    whole = np.isfinite(figures.value).all(axis=0)
    kept = {name: own for name, numbers in groups.items() if len(own := numbers[whole[numbers]]) >= LEAST_OF_ONE}
    if len(kept) < 2:
        return ()
    value = np.array([levels_beside(figures.value[:, own]) for own in kept.values()]).T
    nothing = np.zeros(len(kept))
    own_figures = SideFigures(value, WithinRuns(nothing, nothing), nothing.astype(bool), figures.old_runs)
    scatter = OVER_THAT_OF_ROWS * math.sqrt(float(np.nanmedian(rows.of_run)))
    found = changes(own_figures, shared.of_runs, shared.error, scatter, IMPLEMENTATION_FREEDOM)
    p, reach = holm(found.p), found.reach(0.95)
    called = verdicts(found, p, level, margin)
    low, high = (np.exp(found.change + sign * reach) for sign in (-1, 1))
    return tuple(
        ImplementationChange(
            name, len(own), math.exp(found.change[n]), float(low[n]), float(high[n]), float(found.p[n]), float(p[n]),
            called[n],
        )
        for n, (name, own) in enumerate(kept.items())
    )  # fmt: skip
