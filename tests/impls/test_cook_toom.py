"""Winograd's matrices compute correlations exactly, in rationals."""

from __future__ import annotations

from fractions import Fraction

import pytest

from impls.cook_toom import Matrix, cook_toom, taps, transforms


def _times(matrix: Matrix, vector: list[Fraction]) -> list[Fraction]:
    return [sum((a * b for a, b in zip(row, vector, strict=True)), Fraction(0)) for row in matrix]


@pytest.mark.parametrize(("m", "r"), [(m, r) for m in (2, 4, 5, 6) for r in taps(m)])
def test_correlation_is_exact(m: int, r: int) -> None:
    t = transforms(m, r)
    data = [Fraction(7 * i * i - 3 * i + 1, i + 1) for i in range(m + r - 1)]
    kernel = [Fraction(2, 3), Fraction(-5), Fraction(1, 7), Fraction(3), Fraction(-4, 5), Fraction(1), Fraction(9, 2)][
        :r
    ]
    products = [a * b for a, b in zip(_times(t.kernel, kernel), _times(t.data, data), strict=True)]
    expected = [sum((kernel[j] * data[i + j] for j in range(r)), Fraction(0)) for i in range(m)]
    assert _times(t.inverse, products) == expected


def test_f2_is_the_published_transform() -> None:
    """Lavin and Gray, equation 8, up to the sign that each product may carry."""
    t = transforms(2, 3)
    half = Fraction(1, 2)
    assert [[abs(v) for v in row] for row in t.kernel] == [[1, 0, 0], [half] * 3, [half] * 3, [0, 0, 1]]
    assert [[abs(v) for v in row] for row in t.inverse] == [[1, 1, 1, 0], [0, 1, 1, 1]]


@pytest.mark.parametrize("points", [[Fraction(0)], [Fraction(0), Fraction(1), Fraction(1)]])
def test_too_few_or_equal_points_are_refused(points: list[Fraction]) -> None:
    with pytest.raises(ValueError, match="needs 3 distinct points"):
        cook_toom(2, 3, points)
