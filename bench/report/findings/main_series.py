"""Chooses the one series of a group that the first picture shows, and who leads at each of its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.report.findings.cases import Axis
from bench.report.findings.results import Group, Result
from bench.report.findings.series import Series, series_of
from bench.rows.ranking import Verdict

# An implementation that takes more than so many times the least time at every value only stretches the axis.
FAR = 30.0


@dataclass(frozen=True, slots=True)
class Lead:
    """The first of a ranking at one value; `is_sure` unless noise leaves open who is fastest."""

    implementation: str
    result: Result
    is_sure: bool


@dataclass(frozen=True, slots=True)
class MainSeries:
    """A series with the names to draw, those left out as far slower, and the leads by value (None without a time)."""

    series: Series
    drawn: tuple[str, ...]
    far: tuple[str, ...]
    choosers: tuple[str, ...]
    leads: tuple[Lead | None, ...]


def main_series(axes: Sequence[Axis], results: Sequence[Result], group: Group) -> MainSeries | None:
    """The series of a group with the most timed values, numbers before words; None where no axis has two of them."""
    own = (group, replace(group, threads=None))
    found = [series for axis in axes for series in series_of(axis, results, axes) if series.group in own]
    several = [series for series in found if _timed_values(series) > 1]
    best = max(several, key=lambda series: (series.axis.is_numeric, _timed_values(series)), default=None)
    return None if best is None else _main(best)


def _timed_values(series: Series) -> int:
    return sum(any(row[v].time for row in series.results.values() if v in row) for v in series.values)


def _main(series: Series) -> MainSeries:
    rankings = [series.at(value) for value in series.values]
    leads = tuple(
        Lead(ranking.order[0].implementation, ranking.order[0], ranking.verdict is not Verdict.UNDECIDED)
        if ranking.order
        else None
        for ranking in rankings
    )
    competing = {result.implementation for ranking in rankings for result in ranking.order}
    names = [name for name in series.timed if name in competing]
    far = tuple(name for name in names if _is_far(series, name, leads))
    choosers = tuple(name for name in series.timed if name not in competing)
    return MainSeries(series, tuple(name for name in names if name not in far), far, choosers, leads)


def _is_far(series: Series, name: str, leads: Sequence[Lead | None]) -> bool:
    """Whether it takes more than `FAR` times the time of the first wherever both have one."""
    row = series.results[name]
    pairs = [
        (own.time.value_s, lead.result.time.value_s)
        for value, lead in zip(series.values, leads, strict=True)
        if lead and lead.result.time and (own := row.get(value)) is not None and own.time
    ]
    return bool(pairs) and all(own_s > FAR * first_s for own_s, first_s in pairs)
