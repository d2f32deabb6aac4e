"""The front of energy and time: what no other one beats in both, by values and by intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rows.front import FrontPlace, TimeAndJoules, places

ON, OPEN, BEHIND = FrontPlace


def at(time_s: float, energy_j: float, rel: float | None = 0.01) -> TimeAndJoules:
    """A point with intervals of ± `rel` in both, None for none."""
    if rel is None:
        return TimeAndJoules(time_s, energy_j)
    low, high = 1 - rel, 1 + rel
    return TimeAndJoules(time_s, energy_j, (low * time_s, high * time_s), (low * energy_j, high * energy_j))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], []),
        ([at(1, 1)], [(ON, None)]),
        ([at(1, 4), at(2, 2), at(4, 1)], [(ON, None)] * 3),
        ([at(1, 1), at(2, 2)], [(ON, None), (BEHIND, 0)]),
        # Faster for the same joules.
        ([at(1, 1), at(2, 1)], [(ON, None), (OPEN, 0)]),
        ([at(1, 1), at(1, 1)], [(ON, None)] * 2),
        # Overlapping intervals, or none, decide nothing.
        ([at(1, 1), at(1.01, 1.01)], [(ON, None), (OPEN, 0)]),
        ([at(1, 1), at(2, 2, None)], [(ON, None), (OPEN, 0)]),
        # Named is the one with the fewest joules among those that surely beat it.
        ([at(1, 2), at(2, 1), at(3, 3)], [(ON, None), (ON, None), (BEHIND, 1)]),
        ([at(1, 2), at(2, 1, None), at(3, 3)], [(ON, None), (ON, None), (BEHIND, 0)]),
    ],
)
def test_a_point_is_behind_where_another_one_beats_it_in_both(
    points: list[TimeAndJoules], expected: list[tuple[FrontPlace, int | None]]
) -> None:
    assert places(points) == expected


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=12))
def test_every_point_is_on_the_front_or_behind_one_that_is_no_worse(values: list[tuple[float, float]]) -> None:
    points = [at(*pair) for pair in values]
    found = places(points)
    assert any(place is ON for place, _ in found)
    front = sorted({(p.time_s, p.energy_j) for p, (place, _) in zip(points, found, strict=True) if place is ON})
    joules = [energy_j for _, energy_j in front]
    assert joules == sorted(joules, reverse=True), "along the front joules fall as time grows"
    for point, (place, by) in zip(points, found, strict=True):
        assert (by is None) is (place is ON)
        if by is not None:
            assert points[by].time_s <= point.time_s
            assert points[by].energy_j <= point.energy_j
