"""A speed-up is paired where a ratio within blocks is known, else the quotient of the times with opposite ends."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.findings.ranking import rank
from bench.report.findings.results import read
from bench.report.findings.speedups import SpeedUp, speed_ups
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok


def found(rows: list[Row], *which: str) -> tuple[SpeedUp, ...]:
    return speed_ups(rank(read(make_run(rows).measurements)), *which)


def ends(one: SpeedUp) -> tuple[Any, ...]:
    return one.result.implementation, pytest.approx(one.value), one.low, one.high


TORCH, DIRECT, FFT = ok("a", "torch", 2e-3, 2e-4), ok("a", "direct", 1e-3, 1e-4), ok("a", "fft", 4e-3, 4e-4)


def test_the_fastest_other_one_is_taken_without_a_name() -> None:
    (one,) = found([TORCH, FFT, DIRECT], "torch")
    assert (one.result.implementation, one.baseline.implementation, one.value) == ("direct", "torch", pytest.approx(2))
    # Opposite ends: 1.8 over 1.1, 2.2 over 0.9.
    assert (one.low, one.high) == (pytest.approx(1.8 / 1.1), pytest.approx(2.2 / 0.9))


def test_one_that_is_slower_has_less_than_one() -> None:
    (one,) = found([TORCH, FFT, DIRECT], "torch", "fft")
    assert one.value == pytest.approx(0.5)
    (other,) = found([TORCH, FFT], "torch")
    assert (other.result.implementation, other.value) == ("fft", pytest.approx(0.5))


def test_ratios_within_blocks_come_first() -> None:
    best = ok("a", "direct", 1e-3, 1e-4, over_best=1.0, over_best_low=1.0, over_best_high=1.0)
    rest = ok("a", "torch", 2e-3, 2e-4, over_best=1.9, over_best_low=1.8, over_best_high=2.0)
    (one,) = found([rest, best], "torch")
    assert (one.value, one.low, one.high) == (1.9, 1.8, 2.0)
    (turned,) = found([rest, best], "direct")
    assert (turned.value, turned.low, turned.high) == pytest.approx((1 / 1.9, 1 / 2.0, 1 / 1.8))


def test_without_an_interval_there_are_no_ends() -> None:
    (one,) = found([ok("a", "torch", 2e-3), ok("a", "direct", 1e-3)], "torch")
    assert (one.value, one.low, one.high) == (pytest.approx(2.0), None, None)


def test_noise_and_missing_times_give_none() -> None:
    noisy = ok("a", "direct", 1e-3, flags=("noisy",))
    assert found([TORCH, noisy], "torch", "direct") == ()
    assert found([DIRECT, FFT], "torch") == ()
    assert found([TORCH], "torch") == ()


def test_the_largest_is_first() -> None:
    rows = [TORCH, DIRECT, ok("b", "torch", 9e-3, 1e-4), ok("b", "direct", 1e-3, 1e-5)]
    assert [one.result.case_key for one in found(rows, "torch")] == ["b", "a"]
