"""Break-even: the number of calls from which a plan has paid for itself."""

from __future__ import annotations

import math

import pytest

from bench.rows.break_even import with_break_even
from bench.store.schema import Row
from bench.store.status import Status


# (plan_s, time_s) of each row, and the number of calls from which it pays.
@pytest.mark.parametrize(
    ("costs", "calls"),
    [
        ([], []),
        ([(1.0, 1.0)], [1]),
        # 10 + n < 0 + 2 n from the eleventh call on: at the tenth they are equal.
        ([(0.0, 2.0), (10.0, 1.0)], [1, 11]),
        ([(10.0, 1.0), (0.0, 2.0)], [11, 1]),
        ([(0.0, 2.0), (9.5, 1.0)], [1, 10]),
        # Slower in both, or as fast a call and a longer plan: never.
        ([(0.0, 2.0), (1.0, 3.0), (1.0, 2.0)], [1, None, None]),
        # A longer call that starts sooner is the starter.
        ([(5.0, 1.0), (1.0, 3.0)], [3, 1]),
        # Equal on the first call, cheaper from the second on.
        ([(1.0, 2.0), (2.0, 1.0)], [1, 2]),
        ([(0.0, 1.0), (1.0, math.nextafter(1.0, 0.0))], [1, None]),
        ([(None, 1.0), (1.0, None), (1.0, 1.0)], [None, None, 1]),
    ],
)
def test_a_plan_pays_from_the_first_call_on_that_makes_it_cheaper(
    costs: list[tuple[float | None, float | None]], calls: list[int | None]
) -> None:
    rows = [Row(plan_s=plan_s, time_s=time_s) for plan_s, time_s in costs]
    assert [row.break_even_calls for row in with_break_even(rows)] == calls


# The starter takes 2 s a call, ± 0.2; the other has a plan of 10 s and takes 1 s.
@pytest.mark.parametrize(
    ("own", "starter", "calls"),
    [
        # 10 / (2.2 − 0.9) = 7.7 and 10 / (1.8 − 1.1) = 14.3.
        ((0.9, 1.1), (1.8, 2.2), (11, 8, 15)),
        ((1.0, 1.0), (2.0, 2.0), (11, 11, 11)),
        # The gain may be nothing: it may never pay.
        ((0.9, 1.9), (1.8, 2.2), (11, 8, None)),
        # Without an interval of one of them nothing is said.
        ((None, None), (1.8, 2.2), (11, None, None)),
        ((0.9, 1.1), (None, None), (11, None, None)),
    ],
)
def test_the_number_has_an_interval_from_those_of_both_times(
    own: tuple[float | None, float | None],
    starter: tuple[float | None, float | None],
    calls: tuple[int | None, int | None, int | None],
) -> None:
    rows = [
        Row(plan_s=0.0, time_s=2.0, time_low_s=starter[0], time_high_s=starter[1]),
        Row(plan_s=10.0, time_s=1.0, time_low_s=own[0], time_high_s=own[1]),
    ]
    first, other = with_break_even(rows)
    assert (other.break_even_calls, other.break_even_low_calls, other.break_even_high_calls) == calls
    assert first.break_even_calls == first.break_even_low_calls == first.break_even_high_calls == 1


def test_a_plan_that_does_not_pay_by_the_medians_may_pay_within_the_intervals() -> None:
    rows = [
        Row(plan_s=0.0, time_s=1.0, time_low_s=0.9, time_high_s=1.2),
        Row(plan_s=1.0, time_s=1.1, time_low_s=1.0, time_high_s=1.2),
    ]
    other = with_break_even(rows)[1]
    assert (other.break_even_calls, other.break_even_low_calls, other.break_even_high_calls) == (None, 6, None)


def test_a_row_that_only_chose_another_has_the_break_even_of_its_choice() -> None:
    """Its own plan and calls repeat the other's with noise: by them it would be the starter, or never pay."""
    rows = [
        Row(implementation="a", plan_s=0.0, time_s=2.0),
        Row(implementation="b", plan_s=10.0, time_s=1.0),
        Row(implementation="auto", delegate="a", plan_s=0.0, time_s=1.9),
        Row(implementation="mine", delegate="b", plan_s=11.0, time_s=1.1),
        Row(implementation="far", delegate="not measured", plan_s=10.0, time_s=1.0),
    ]
    assert [row.break_even_calls for row in with_break_even(rows)] == [1, 11, 1, 11, 11]


def test_only_ok_rows_break_even() -> None:
    rows = [Row(plan_s=0.0, time_s=1.0, status=Status.WRONG), Row(plan_s=1.0, time_s=1.0)]
    assert [row.break_even_calls for row in with_break_even(rows)] == [None, 1]


def _rows(*more: Row) -> list[Row]:
    """A library that compiles unseen, and two variants of one algorithm; the first variant compiled for both."""
    return [
        Row(implementation="torch", plan_s=0.0, time_s=2.0),
        Row(implementation="f2", provider="numba", algorithm="winograd", plan_s=1.0, jit_s=45.0, time_s=1.5),
        Row(implementation="f4", provider="numba", algorithm="winograd", plan_s=1.5, jit_s=0.0, time_s=1.0),
        *more,
    ]


def _both(rows: list[Row]) -> dict[str, tuple[int | None, int | None]]:
    found = with_break_even(rows)
    return {row.implementation: (row.break_even_calls, row.break_even_first_time_calls) for row in found}


def test_the_first_time_on_a_machine_includes_compilation() -> None:
    # 1.5 + n < 2 n from 2 calls on; 1.5 + 45 + n < 2 n from 47 calls on.
    assert _both(_rows()) == {"torch": (1, 1), "f2": (3, 93), "f4": (2, 47)}


def test_the_first_time_is_unknown_where_all_code_was_in_files() -> None:
    loops = Row(implementation="loops", provider="numba", algorithm="loops", plan_s=0.15, jit_s=0.0, time_s=1.9)
    # However short its compilation, loops starts no sooner than torch.
    assert _both(_rows(loops)) == {"torch": (1, 1), "f2": (3, 93), "f4": (2, 47), "loops": (2, None)}


def test_no_first_time_is_known_if_a_row_of_unknown_compilation_may_start() -> None:
    direct = Row(implementation="direct", provider="numba", algorithm="direct", plan_s=0.0, jit_s=3.0, time_s=0.5)
    w = Row(implementation="w", provider="numba", algorithm="winograd", plan_s=1.0, jit_s=3.0, time_s=0.25)
    loops = Row(implementation="loops", provider="numba", algorithm="loops", plan_s=0.0, jit_s=0.0, time_s=2.0)
    assert _both([direct, w]) == {"direct": (1, 1), "w": (5, 5)}
    assert _both([direct, w, loops]) == {"direct": (1, None), "w": (5, None), "loops": (None, None)}


def test_one_process_that_compiled_has_a_number_without_compilation() -> None:
    """Its only plan includes compilation, which counts once in the number of the first time."""
    compiled = Row(implementation="a", provider="numba", plan_s=46.5, plan_cached_s=1.5, jit_s=45.0, time_s=1.0)
    assert _both([Row(implementation="torch", plan_s=0.0, time_s=2.0), compiled])["a"] == (2, 47)


def test_a_row_that_only_chose_another_has_both_its_numbers() -> None:
    auto = Row(implementation="auto", delegate="f4", plan_s=0.0, time_s=1.0)
    assert _both(_rows(auto))["auto"] == (2, 47)
    loops = Row(implementation="loops", provider="numba", algorithm="loops", plan_s=0.5, jit_s=0.0, time_s=1.0)
    chooser = Row(implementation="auto", delegate="loops", plan_s=0.0, time_s=1.0)
    # Its choice may be the starter of the first time too.
    assert _both(_rows(loops, chooser)) == {
        "torch": (None, None), "f2": (None, None), "f4": (None, None), "loops": (1, None), "auto": (1, None)
    }  # fmt: skip
