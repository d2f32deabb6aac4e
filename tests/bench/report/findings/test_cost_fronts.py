"""On the front is what no other implementation beats in both time and the other cost."""

from __future__ import annotations

from bench.report.findings.cost_fronts import CostFront, cost_front
from bench.report.sections.study import Study
from bench.rows.front import FrontPlace
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.synthetic_run import make_run, ok


def _front(*rows: Row) -> CostFront | None:
    (ranking,) = Study.of(make_run(rows)).rankings
    return cost_front(ranking, lambda result: result.error_rms)


def _row(name: str, time_s: float, error: float | None, half_s: float | None = 1e-6, **more: object) -> Row:
    return ok("a", name, time_s, half_s, error_rms=error, **more)


def test_places_follow_times_costs_and_intervals() -> None:
    found = _front(
        _row("winograd-f6", 1e-3, 4e-6),
        _row("direct", 2e-3, 1e-7),
        _row("fft", 3e-3, 2e-7),
        # Slower and less exact, but its interval overlaps that of the one before it.
        _row("im2col", 2.1e-3, 1.5e-7, 4e-4),
    )
    assert found is not None
    assert [(point.result.implementation, point.place) for point in found.points] == [
        ("winograd-f6", FrontPlace.ON), ("direct", FrontPlace.ON), ("im2col", FrontPlace.OPEN),
        ("fft", FrontPlace.BEHIND),
    ]  # fmt: skip
    assert [point.beaten_by.implementation for point in found.points if point.beaten_by] == ["direct", "direct"]


def test_noisy_times_and_missing_costs_have_no_place() -> None:
    noisy = _row("fft", 1e-3, 1e-8, None, flags=(Flag.WIDE_INTERVAL,))
    found = _front(_row("direct", 2e-3, 1e-7), _row("im2col", 3e-3, 1e-8), noisy, _row("torch", 1e-3, None))
    assert found is not None
    assert [point.result.implementation for point in found.points] == ["direct", "im2col"]
    assert _front(_row("direct", 2e-3, 1e-7), noisy) is None
