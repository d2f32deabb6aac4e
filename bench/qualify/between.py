"""How much two runs of unchanged code differ, in each figure that tables show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from bench.estimates.binomial import Figure
from bench.estimates.resampling import quantile_between_runs
from bench.qualify.shown import Shown

# The shown figures: the median time, the fast end of the times, and the ratio to the fastest of the case.
COLUMNS = ("time_s", "time_fast_s", "over_best")


@dataclass(frozen=True, slots=True)
class Difference:
    """|ratio − 1| of one shown figure between every two runs: the median, and the threshold for comparing runs.

    `p95` is that threshold: nineteen of twenty differences of unchanged code are below it.
    """

    column: str
    p50: Figure
    p95: Figure

    def as_dict(self) -> dict[str, Any]:
        return {"p50": self.p50.as_dict(), "p95": self.p95.as_dict()}


def differences(shown: Sequence[Shown]) -> list[Difference]:
    """The differences between quiet runs, the most repeatable figure first; none with fewer than two runs."""
    runs: dict[int, list[Shown]] = {}
    for s in shown:
        if (s.condition, s.method) == ("quiet", "convcost"):
            runs.setdefault(s.run, []).append(s)
    found = []
    for column in COLUMNS:
        apart = {
            (a, b): values
            for a, b in combinations(sorted(runs), 2)
            if (values := _apart(_values(runs[a], column), _values(runs[b], column)))
        }
        if apart:
            found.append(Difference(column, *(quantile_between_runs(apart, q) for q in (0.5, 0.95))))
    return sorted(found, key=lambda difference: difference.p95.value)


def repeats_better(found: Sequence[Difference]) -> str | None:
    """The column of a time whose 95th percentile is the least: the median or the fast end of the times."""
    return next((difference.column for difference in found if difference.column in COLUMNS[:2]), None)


# Values by descriptor and implementation.
_Values = dict[tuple[str, str], float]


def _values(run: Sequence[Shown], column: str) -> _Values:
    """The values of a run. The fastest has no ratio of its own: it is 1.00 in every run, and shows nothing."""
    return {(s.descriptor, s.implementation): value for s in run if (value := getattr(s, column)) is not None}


def _apart(earlier: _Values, later: _Values) -> list[float]:
    return [abs(later[key] / earlier[key] - 1) for key in sorted(earlier.keys() & later.keys())]
