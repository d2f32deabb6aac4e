"""Statuses and flags: which statuses are faults, and flags as the text of a column."""

from __future__ import annotations

import pytest

from bench.store.status import Flag, Status, joined, separated


@pytest.mark.parametrize(
    ("status", "is_fault"),
    [
        (Status.OK, False),
        (Status.UNSUPPORTED, False),
        (Status.WRONG, True),
        (Status.FAILED, True),
        (Status.CRASHED, True),
        (Status.TIMEOUT, True),
    ],
)
def test_a_fault_is_neither_ok_nor_unsupported(status: Status, is_fault: bool) -> None:
    assert status.is_fault is is_fault


@pytest.mark.parametrize(
    ("flags", "text"), [((), ""), ((Flag.NOISY,), "noisy"), ((Flag.CLOCK, Flag.FEW_BLOCKS), "clock,few-blocks")]
)
def test_flags_are_joined_by_commas_and_separated_again(flags: tuple[Flag, ...], text: str) -> None:
    assert joined(flags) == text
    assert separated(text) == flags


def test_a_missing_column_has_no_flags() -> None:
    assert separated(None) == ()
