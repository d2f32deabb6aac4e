"""Of many points only those that an eye can tell apart are drawn, the ends always among them."""

from __future__ import annotations

from itertools import pairwise

from bench.report.drawing.thinning import FEW, apart


def test_few_points_are_all_drawn() -> None:
    points = [(1.0, 1.0)] * FEW
    assert apart(points) == points


def test_many_points_at_one_place_are_one() -> None:
    assert apart([(1.0, 2.0)] * (FEW + 1)) == [(1.0, 2.0)]


def test_many_points_leave_a_picture_that_looks_the_same() -> None:
    points = [(1.001**i, 1.001 ** (2 * i)) for i in range(20_000)]
    kept = apart(points)
    assert 150 < len(kept) < 450
    assert kept[0] == points[0]
    # No point is further than one place from one that is drawn.
    assert max(later[0] / before[0] for before, later in pairwise(kept)) < 1.001**200
