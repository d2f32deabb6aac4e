"""How a time budget is spent: on every case once, then on the widest interval, until it is used up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.run.budget import first_visit_s, next_visit_s, to_visit, unsure, widest, width
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
    assert widest(cases, TARGET) == expected


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
