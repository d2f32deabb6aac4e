"""Quantiles by rank."""

from __future__ import annotations

import pytest

from bench.energy.bracket.quantiles import quantiles


@pytest.mark.parametrize(
    ("machines", "low", "middle", "high"),
    [
        (1, 1, 1, 1),
        (2, 1, 1.5, 2),
        (9, 1, 5, 9),
        (18, 1, 9.5, 18),
        (19, 2, 10, 18),
        (20, 2, 10.5, 19),
        (99, 10, 50, 90),
    ],
)
def test_ranks_leave_one_in_ten_out_at_either_end(machines: int, low: float, middle: float, high: float) -> None:
    found = quantiles([(value, value) for value in range(machines, 0, -1)])
    assert (found.low, found.middle, found.high) == (low, middle, high)


def test_low_ends_come_from_the_lowest_results_and_high_ends_from_the_highest() -> None:
    found = quantiles([(1.0, 9.0), (2.0, 3.0)])
    assert (found.low, found.middle, found.high) == (1.0, 3.75, 9.0)


def test_no_machines_have_no_quantiles() -> None:
    with pytest.raises(ValueError, match="0 were given"):
        quantiles([])
