"""Joules from counts that wrap around, fall and stand still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.energy.accumulator import Accumulator
from bench.energy.meter import MeterError

RANGE_UJ = 262_143_328_850


@pytest.mark.parametrize(
    ("before", "after", "joules"),
    [
        (0, 10_330_000, 10.33),
        (5_000_000, 15_330_000, 10.33),
        (RANGE_UJ - 4_330_000, 6_000_000, 10.33),
        (RANGE_UJ - 10_330_000, 0, 10.33),
    ],
    ids=["from zero", "on", "wrapped", "just wrapped"],
)
def test_the_true_energy_with_and_without_a_wrap(before: int, after: int, joules: float) -> None:
    counter = Accumulator("package-0", before, 7.0, 1e-6, RANGE_UJ)
    assert counter.add(after, 7.1) == pytest.approx(joules, rel=1e-12)


@given(st.lists(st.integers(0, 90_000_000), min_size=1, max_size=30), st.integers(0, RANGE_UJ - 1))
def test_any_number_of_readings_adds_up(steps_uj: list[int], start: int) -> None:
    counter = Accumulator("package-0", start, 0.0, 1e-6, RANGE_UJ)
    raw, previous = start, 0.0
    for number, step in enumerate([1, *steps_uj], 1):
        raw = (raw + step) % RANGE_UJ
        now = counter.add(raw, number * 0.1)
        assert now >= previous
        previous = now
    assert previous == pytest.approx((1 + sum(steps_uj)) * 1e-6)


@pytest.mark.parametrize("counts_range", [None, RANGE_UJ], ids=["never wraps", "would be 262 kJ in a second"])
def test_a_reset_is_not_taken_for_a_wrap(counts_range: int | None) -> None:
    counter = Accumulator("package-0", 9_000_000, 0.0, 1e-6, counts_range)
    with pytest.raises(MeterError, match=r"package-0 ran backwards, by 8.999 J"):
        counter.add(1_000, 1.0)


def test_wraps_between_rare_readings_are_refused() -> None:
    counter = Accumulator("package-0", 0, 0.0, 1e-6, RANGE_UJ)
    with pytest.raises(MeterError, match=r"not read for 3600 s.*262143 J"):
        counter.add(1, 3_600.0)


def test_a_counter_that_stands_still_is_an_error() -> None:
    counter = Accumulator("package-0", 5, 0.0, 1e-6, RANGE_UJ)
    assert counter.add(5, 1.0) == 0
    with pytest.raises(MeterError, match=r"has not moved for 3.0 s"):
        counter.add(5, 3.0)


def test_a_counter_that_moved_once_may_rest() -> None:
    counter = Accumulator("package-0", 5, 0.0, 1e-6)
    counter.add(6, 1.0)
    assert counter.add(6, 9.0) == pytest.approx(1e-6)


@pytest.mark.parametrize(("step_j", "is_refused"), [(1_000, False), (19_000, False), (21_000, True), (10**9, True)])
def test_a_leap_that_no_machine_can_make_is_refused(step_j: int, is_refused: bool) -> None:
    """10 kW for a second, and for the second by which a reading may be late."""
    counter = Accumulator("package-0", 0, 0.0, 1e-6)
    if is_refused:
        with pytest.raises(MeterError, match=r"package-0 leapt by .* J in 1 s, which needs over 10,000 W"):
            counter.add(step_j * 10**6, 1.0)
    else:
        assert counter.add(step_j * 10**6, 1.0) == pytest.approx(step_j)
