"""How a time budget is spent: on every case once, then on the widest interval, until it is used up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.run.budget import first_visit_s, losers, neediest, next_visit_s, to_visit, unsure, width
from bench.store.schema import Row
from bench.store.status import Status

TARGET = 0.01


def _row(name: str, half: float | None = 0.0, time_s: float | None = 1.0, status: Status = Status.OK) -> Row:
    low, high = (None, None) if half is None or time_s is None else (time_s * (1 - half), time_s * (1 + half))
    return Row(implementation=name, status=status, time_s=time_s, time_low_s=low, time_high_s=high)


DONE = [_row("a", 0.009), _row("b", 0.001)]
WIDE = [_row("a", 0.02), _row("b", 0.001, 0.5)]
WIDER = [_row("a", 0.001), _row("b", 0.3)]
UNKNOWN = [_row("a", 0.001), _row("b", None)]
FAILED = [_row("a", None, None, Status.CRASHED), _row("b", None, None, Status.UNSUPPORTED)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (_row("a", 0.25), 0.25),
        (_row("a", None), math.inf),
        (_row("a", 0.5, time_s=0.0), 0.0),
        (_row("a", None, None), None),
        (_row("a", 0.25, status=Status.WRONG), None),
    ],
)
def test_width_is_half_the_interval_over_the_time(row: Row, expected: float | None) -> None:
    assert width(row) == expected


@pytest.mark.parametrize(
    ("budget_s", "cases", "max_seconds", "expected"),
    [(None, 10, 4.0, 4.0), (40.0, 10, 4.0, 2.0), (600.0, 10, 4.0, 4.0), (1.0, 100, 4.0, 0.005)],
)
def test_the_first_pass_shares_half_the_budget(
    budget_s: float | None, cases: int, max_seconds: float, expected: float
) -> None:
    assert first_visit_s(budget_s, cases, max_seconds) == expected


@pytest.mark.parametrize(
    ("left_s", "max_seconds", "expected"),
    [(10.0, 4.0, 4.0), (3.0, 4.0, 3.0), (0.1, 4.0, None), (0.0, 4.0, None), (-5.0, 4.0, None), (0.1, 0.05, 0.05)],
)
def test_the_last_visit_ends_with_the_budget(left_s: float, max_seconds: float, expected: float | None) -> None:
    assert next_visit_s(left_s, max_seconds) == expected


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([], None),
        ([DONE], None),
        ([DONE, FAILED, []], None),
        ([DONE, WIDE], 1),
        ([WIDE, WIDER, DONE], 1),
        ([WIDER, UNKNOWN, WIDE], 1),
        ([WIDE, WIDE], 0),
        ([UNKNOWN, UNKNOWN], 0),
    ],
)
def test_the_widest_interval_is_next_and_none_counts_as_widest(cases: list[list[Row]], expected: int | None) -> None:
    assert neediest(cases, TARGET) == expected


@pytest.mark.parametrize(
    ("rows", "unsure_ones", "with_the_fastest"),
    [
        (DONE, (), ()),
        (WIDE, ("a",), ("a", "b")),
        (UNKNOWN, ("b",), ("a", "b")),
        ([_row("a", 0.02, 0.5), _row("b", 0.001)], ("a",), ("a",)),
        ([_row("a", 0.02), _row("b", 0.001), _row("c", 0.001, 0.5)], ("a",), ("a", "c")),
        (FAILED, (), ()),
    ],
)
def test_only_the_unsure_are_measured_again_against_the_fastest(
    rows: list[Row], unsure_ones: tuple[str, ...], with_the_fastest: tuple[str, ...]
) -> None:
    assert (unsure(rows, TARGET), to_visit(rows, TARGET)) == (unsure_ones, with_the_fastest)


def test_the_fastest_is_one_that_competes() -> None:
    """Ratios are paired with the fastest that computes itself, so a chooser is no substitute for it."""
    auto = replace(_row("auto", 0.001, 0.9), delegate="b")
    assert to_visit([_row("a", 0.02), _row("b", 0.001, 0.95), auto], TARGET) == ("a", "b")


def _over(name: str, ratio: float, half: float | None, half_of_time: float = 0.3) -> Row:
    """A row at this ratio to the fastest, ± `half` of it."""
    low, high = (None, None) if half is None else (ratio * (1 - half), ratio * (1 + half))
    return replace(_row(name, half_of_time, ratio), over_best=ratio, over_best_low=low, over_best_high=high)


BEST = replace(_row("best", 0.005), over_best=1.0, over_best_low=1.0, over_best_high=1.0)


@pytest.mark.parametrize(
    ("row", "loses"),
    [
        (_over("a", 1.3, 0.01), True),
        (_over("a", 1.3, 0.1), False),
        (_over("a", 1.1, 0.001), False),
        (_over("a", 1.9, None), False),
        (_over("a", 2.5, None), True),
        (_row("a", None, None, Status.CRASHED), False),
    ],
)
def test_a_clear_loser_is_slower_for_sure_whatever_more_samples_would_say(row: Row, loses: bool) -> None:
    assert losers([BEST, row]) == (("a",) if loses else ())


def test_a_clear_loser_is_not_measured_again_however_wide_its_interval() -> None:
    assert to_visit([BEST, _over("a", 1.9, 0.2, 0.5)], TARGET) == ()
    assert neediest([[BEST, _over("a", 1.9, 0.2, 0.5)]], TARGET) is None


def test_an_open_winner_comes_before_a_wider_interval() -> None:
    clear = [BEST, _over("a", 1.2, 0.08, 0.4)]
    tied = [BEST, _over("a", 1.01, 0.03, 0.03)]
    assert neediest([clear, tied], TARGET) == 1
    assert neediest([clear], TARGET) == 0


def test_a_tie_that_is_narrow_needs_no_visit() -> None:
    assert neediest([[BEST, _over("a", 1.001, 0.004, 0.004)]], TARGET) is None
