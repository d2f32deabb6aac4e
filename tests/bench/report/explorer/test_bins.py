"""Bins hold every value once, between their edges, by the logarithm where numbers span much."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.explorer.bins import BINS, MISSING, bins_of


@pytest.mark.parametrize("values", [[], [None], [1.0], [2.0, 2.0, None]])
def test_without_two_different_values_there_are_no_bins(values: list[float | None]) -> None:
    assert bins_of(values) is None


def test_both_ends_are_inside_and_missing_values_have_a_code_of_their_own() -> None:
    made = bins_of([0.0, 1.0, None, 0.5])
    assert made is not None
    assert list(made.codes) == [0, BINS - 1, MISSING, BINS // 2]
    assert (made.edges[0], made.edges[-1]) == (0.0, 1.0)


def test_numbers_that_span_much_have_bins_of_one_factor() -> None:
    made = bins_of([1.0, 100.0], count=2)
    assert made is not None
    assert made.edges == (1.0, pytest.approx(10.0), 100.0)


def test_codes_are_bytes_in_base_64() -> None:
    made = bins_of([1.0, 2.0])
    assert made is not None
    assert base64.b64decode(str(made.as_dict()["codes"])) == bytes([0, BINS - 1])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_every_value_is_in_its_bin(values: list[float]) -> None:
    made = bins_of(values)
    for value, code in zip(values, made.codes if made else (), strict=bool(made)):
        assert made is not None
        assert made.edges[code] <= value <= made.edges[code + 1]
