"""Of many points of a mark a few are drawn, spread over all places where there are points."""

from __future__ import annotations

import random
from itertools import chain, pairwise

import pytest

from bench.report.drawing.thinning import FEW, apart, stretches


def test_few_points_are_all_drawn() -> None:
    points = [(1.0, 1.0)] * FEW
    assert apart(points) == points


def test_many_points_at_one_place_are_one() -> None:
    assert apart([(1.0, 2.0)] * (FEW + 1)) == [(1.0, 2.0)]


def test_a_line_of_many_points_has_no_gaps() -> None:
    points = [(1.001**i, 1.001 ** (2 * i)) for i in range(20_000)]
    kept = apart(points)
    assert 0.6 * FEW < len(kept) <= FEW
    assert kept[0] == points[0]
    assert max(later[0] / before[0] for before, later in pairwise(kept)) < 1.001**250


def test_a_cloud_of_many_points_stays_a_cloud() -> None:
    numbers = random.Random(1)
    kept = apart([(numbers.uniform(1, 10), numbers.uniform(1, 10)) for _ in range(5_000)])
    assert 0.5 * FEW < len(kept) <= FEW
    assert all(any(low <= x < low + 3 for x, _ in kept) for low in (1, 4, 7))


@pytest.mark.parametrize(("count", "number"), [(0, 0), (1, 1), (FEW, FEW), (FEW + 1, FEW // 2 + 1), (10_000, FEW)])
def test_stretches_hold_each_place_once_and_are_few(count: int, number: int) -> None:
    found = stretches(count)
    assert list(chain.from_iterable(found)) == list(range(count))
    assert len(found) == number
