"""How much faster than a baseline other implementations are, case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.report.findings.ranking import Ranking
from bench.report.findings.results import Result
from bench.rows.standing import Standing, doubt, usable


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """The time of the baseline over that of `result` on one case, with its 95 % interval; no ends without one."""

    result: Result
    baseline: Result
    value: float
    low: float | None = None
    high: float | None = None


def speed_ups(rankings: Iterable[Ranking], baseline: str, implementation: str | None = None) -> tuple[SpeedUp, ...]:
    """One for each case where both have a time that is not too noisy, largest first.

    It is that of one implementation or, without a name, of the fastest of each case other than the baseline.
    """
    found = [one for ranking in rankings if (one := _of_case(ranking, baseline, implementation)) is not None]
    return tuple(sorted(found, key=lambda one: -one.value))


def _of_case(ranking: Ranking, baseline: str, implementation: str | None) -> SpeedUp | None:
    by_name = {result.implementation: result for result in ranking.timed}
    base = by_name.get(baseline)
    if implementation is None:
        own = next((result for result in ranking.order if result.implementation != baseline), None)
    else:
        own = by_name.get(implementation)
    if base is None or own is None or base.time is None or own.time is None:
        return None
    if Standing.NOISY in (doubt(base), doubt(own)):
        return None
    return _paired(base, own) or _by_times(base, own)


def _paired(base: Result, own: Result) -> SpeedUp | None:
    """By the ratios within blocks, which load on the machine does not change; they are all to the best of the case."""
    if own.over_best == 1 and base.over_best is not None:
        ends = usable(base.over_best_low, base.over_best_high)
        return SpeedUp(own, base, base.over_best, *(ends or ()))
    if base.over_best == 1 and own.over_best is not None:
        ends = usable(own.over_best_low, own.over_best_high)
        return SpeedUp(own, base, 1 / own.over_best, *((1 / ends[1], 1 / ends[0]) if ends else ()))
    return None


def _by_times(base: Result, own: Result) -> SpeedUp:
    """By both times; opposite ends of their intervals are divided, so it is too wide rather than too narrow."""
    assert base.time is not None
    assert own.time is not None
    value = base.time.value_s / own.time.value_s
    if base.time.interval_s is None or own.time.interval_s is None:
        return SpeedUp(own, base, value)
    (base_low, base_high), (own_low, own_high) = base.time.interval_s, own.time.interval_s
    return SpeedUp(own, base, value, base_low / own_high, base_high / own_low)
