"""Sums up what runs showed: errors, false alarms, slowdowns found, coverage, widths. The run is the unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, TypeVar

from bench.estimates.binomial import Figure
from bench.estimates.resampling import quantile_of_runs, share_of_runs
from bench.qualify.questions import CONDITIONS, METHODS, SLOWDOWNS, TWINS
from bench.qualify.shown import Shown

_Value = TypeVar("_Value")
# What one run shows by one method.
_Run = list[Shown]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one condition and method; None where nothing was shown.

    `errors` (p50, p95, max) are |ratio − 1| of equal twins to the best. `false_alarms` is the share of cases in which
    any equal twin is called slower. `power` is by the per cent that a twin is slower: how often it is called that.
    `coverage` is the share of intervals that hold the true ratio, `together` that of cases in which all do.
    `half_width` is the median of half the intervals of ratios over the ratio, `wide` the share of times whose interval
    is missing or wider than ± 5 %.
    """

    condition: str
    method: str
    runs: int
    error_p50: Figure | None
    error_p95: Figure | None
    error_max: float | None
    false_alarms: Figure | None
    power: dict[int, Figure | None]
    coverage: Figure | None
    together: Figure | None
    half_width: Figure | None
    wide: Figure | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def summarise(shown: Sequence[Shown]) -> list[Summary]:
    """A summary for each condition and method that shows anything."""
    found = []
    for condition in CONDITIONS:
        for method in METHODS:
            own = sorted((s for s in shown if (s.condition, s.method) == (condition, method)), key=lambda s: s.run)
            if own:
                found.append(_summary(condition, method, [list(group) for _, group in groupby(own, lambda s: s.run)]))
    return found


def _summary(condition: str, method: str, runs: list[_Run]) -> Summary:
    errors = _of_each(runs, lambda s: s.error if s.is_equal and not s.is_reference else None)
    cases = [_cases(run) for run in runs]
    return Summary(
        condition,
        method,
        len(runs),
        error_p50=_quantile(errors, 0.5),
        error_p95=_quantile(errors, 0.95),
        error_max=max((error for run in errors for error in run), default=None),
        false_alarms=_share([[any(s.is_equal and s.called_slower for s in case) for case in run] for run in cases]),
        power={percent: _share(_of_each(runs, _found(percent))) for percent in SLOWDOWNS},
        coverage=_share(_of_each(runs, lambda s: s.covers)),
        together=_share([[all(s.covers for s in case if s.covers is not None) for case in run] for run in cases]),
        half_width=_quantile(_of_each(runs, lambda s: s.ratio_rel), 0.5),
        wide=_share(_of_each(runs, lambda s: s.is_wide)) if method == METHODS[0] else None,
    )


def _found(percent: int) -> Callable[[Shown], bool | None]:
    """Whether a twin that is so many per cent slower is called slower; None for the others."""
    return lambda s: s.called_slower if TWINS[s.implementation] == percent else None


def _cases(run: _Run) -> list[_Run]:
    by_case: dict[str, _Run] = {}
    for s in run:
        by_case.setdefault(s.descriptor, []).append(s)
    return list(by_case.values())


def _of_each(runs: list[_Run], value: Callable[[Shown], _Value | None]) -> list[list[_Value]]:
    """The values of all that a run shows, without those that are None."""
    return [[found for s in run if (found := value(s)) is not None] for run in runs]


def _share(runs: list[list[bool]]) -> Figure | None:
    return share_of_runs(runs) if any(runs) else None


def _quantile(runs: list[list[float]], q: float) -> Figure | None:
    return quantile_of_runs(runs, q) if any(runs) else None
