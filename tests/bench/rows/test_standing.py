"""The standing of one implementation against the fastest: usable intervals, and noise."""

from __future__ import annotations

import pytest

from bench.rows.standing import mostly_noisy, usable
from bench.store.schema import Row
from bench.store.status import Flag


def _row(name: str, *flags: Flag, low_s: float = 0.99, high_s: float = 1.01) -> Row:
    return Row(implementation=name, time_s=1.0, time_low_s=low_s, time_high_s=high_s, flags=flags)


@pytest.mark.parametrize(("high", "is_usable"), [(1.0, True), (2.0, True), (2.001, False), (5889.0, False)])
def test_an_interval_is_usable_up_to_a_factor_of_two(high: float, is_usable: bool) -> None:
    assert usable(1.0, high) == ((1.0, high) if is_usable else None)
    assert usable(0.0, high) is None
    assert usable(None, high) is None


def test_more_than_half_noisy_is_mostly_noisy() -> None:
    best = _row("x")
    noisy, wild = _row("y", Flag.NOISY), _row("z", Flag.WIDE_INTERVAL, low_s=1e-5, high_s=5889.0)
    assert not mostly_noisy([])
    assert not mostly_noisy([best, noisy])
    assert mostly_noisy([best, noisy, wild])
    assert not mostly_noisy([best, noisy, Row(implementation="no time")])
