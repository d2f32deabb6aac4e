"""Statuses: which of them are faults."""

from __future__ import annotations

import pytest

from bench.store.status import Status


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
