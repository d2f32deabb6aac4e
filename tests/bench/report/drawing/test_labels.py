"""Names at the ends of lines do not overlap, stay in order, and stay within the picture where there is room."""

from __future__ import annotations

import itertools

import pytest

from bench.report.drawing.labels import spread


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5], [0.5, 0.6]),
        # In their order, whatever the order given.
        ([0.52, 0.5], [0.6, 0.5]),
        # At the upper edge they move down.
        ([0.98, 0.99, 1.0], [0.8, 0.9, 1.0]),
        ([], []),
        ([-0.2, 1.3], [0.0, 1.0]),
    ],
)
def test_places_are_moved_apart(places: list[float], expected: list[float]) -> None:
    assert spread(places, 0.1) == pytest.approx(expected)


def test_without_room_all_keep_their_distance() -> None:
    found = sorted(spread([0.5] * 15, 0.1))
    assert [b - a for a, b in itertools.pairwise(found)] == pytest.approx([0.1] * 14)
