"""Amounts with ranges: other units, and sums that keep both ends or none."""

from __future__ import annotations

import pytest

from bench.cost.amounts import Amount


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Amount(2.0, 1.0, 4.0), Amount(10.0, 9.0, 11.0), Amount(12.0, 10.0, 15.0)),
        (Amount(2.0, 1.0, 4.0), Amount(10.0), Amount(12.0)),
        (Amount(2.0), Amount(10.0, 9.0, 11.0), Amount(12.0)),
    ],
)
def test_ends_add_up_to_ends_and_one_missing_range_leaves_none(one: Amount, other: Amount, both: Amount) -> None:
    assert one.plus(other) == both


def test_a_factor_multiplies_the_value_and_both_ends() -> None:
    assert Amount(2.0, 1.0, 4.0).times(3.0) == Amount(6.0, 3.0, 12.0)
    assert Amount(2.0).times(3.0) == Amount(6.0)
    assert (Amount(2.0, 1.0, 4.0).ends, Amount(2.0).ends) == ((1.0, 4.0), None)
