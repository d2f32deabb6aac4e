"""Ranges: their arithmetic, and that none becomes a point."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.energy.bracket.ranges import Range, hull, total

ENDS = st.floats(1e-9, 1e9)
RANGES = st.tuples(ENDS, st.floats(1.001, 1e3)).map(lambda pair: Range(pair[0], pair[0] * pair[1]))


@pytest.mark.parametrize(
    ("low", "high"),
    [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (0.0, 0.0), (math.nan, 1.0), (1.0, math.inf), (1.0, math.nan)],
)
def test_points_and_impossible_ends_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="is no range"):
        Range(low, high)


def test_a_range_may_begin_at_zero() -> None:
    assert Range(0.0, 1.0).times(2.0) == Range(0.0, 2.0)


@pytest.mark.parametrize("factors", [(0.0,), (-1.0,), (0.0, 1.0), (2.0, 1.0), (1.0, math.inf), (math.nan,)])
def test_impossible_factors_are_refused(factors: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="factors above 0"):
        Range(1.0, 2.0).times(*factors)


def test_the_arithmetic_of_ranges() -> None:
    first, second = Range(1.0, 2.0), Range(3.0, 5.0)
    assert first.times(10.0) == Range(10.0, 20.0)
    assert first.times(0.5, 3.0) == Range(0.5, 6.0)
    assert first.plus(second) == total([first, second]) == Range(4.0, 7.0)
    assert hull([second, first]) == Range(1.0, 5.0)
    assert first.holds(1.0, 2.0)
    assert first.holds(1.5)
    assert not first.holds(0.9)
    assert not first.holds(1.5, 2.1)


@pytest.mark.parametrize("of_all", [hull, total])
def test_nothing_has_no_range(of_all: object) -> None:
    assert callable(of_all)
    with pytest.raises(ValueError, match="0 were given"):
        of_all([])


@given(RANGES, RANGES, ENDS, st.floats(1.0, 10.0))
def test_no_arithmetic_makes_a_point_of_ranges(first: Range, second: Range, factor: float, wider: float) -> None:
    for made in (first.plus(second), hull([first, second]), first.times(factor), first.times(factor, factor * wider)):
        assert made.low < made.high
    assert first.times(factor, factor * wider).holds(first.low * factor, first.high * factor)
