"""Pairs under a line, counted without a loop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impls import ConvProblem
from impls.lattice import pairs_up_to

SMALL = st.integers(1, 9)


@given(st.integers(-3, 150), st.tuples(SMALL, SMALL), st.tuples(SMALL, SMALL))
def test_pairs_are_counted_as_by_a_loop(most: int, a: tuple[int, int], b: tuple[int, int]) -> None:
    counted = sum(i * a[0] + j * b[0] <= most for i in range(a[1]) for j in range(b[1]))
    assert pairs_up_to(most, a, b) == counted


@pytest.mark.parametrize(
    ("descriptor", "sees"),
    [
        ("mb1ic1ih1oc1kh1ph1", True),
        ("mb1ic1ih1oc1kh1sh2ph1", False),
        ("mb1ic1ih1oc1kh2sh3ph1", True),
        ("mb1ic1ih1oc1kh2sh9ph2", False),
        # A loop over taps or outputs would not end.
        ("mb1ic1ih1oc1kh2147483648sh999999999999999999ph100000000000000000", False),
        ("mb1ic1ih1oc1kh999999999999999999ph999999999999999998", True),
    ],
)
def test_an_output_that_sees_input_is_found_at_once(descriptor: str, sees: bool) -> None:
    assert ConvProblem.parse(descriptor).sees_input is sees
