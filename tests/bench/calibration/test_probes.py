"""Probes report the best of several samples; a failed probe is named and stops no other."""

from __future__ import annotations

import itertools

import pytest

from bench.calibration.probes import Probe, best_rates, built


def test_the_best_of_all_rounds_counts() -> None:
    slowness = itertools.cycle([3.0, 1.0, 2.0])
    rates = best_rates([Probe("a", 5.0, lambda repeats: repeats * 0.01 * next(slowness))], [], sample_s=0.01)
    assert rates == {"a": pytest.approx(500.0)}


def test_samples_are_made_long_enough() -> None:
    asked: list[int] = []

    def run(repeats: int) -> float:
        asked.append(repeats)
        return repeats * 1e-6

    best_rates([Probe("a", 1.0, run)], [], sample_s=1e-3)
    assert 500 <= asked[-1] <= 1_000


def test_a_clock_that_stands_still_does_not_hang() -> None:
    ticks = itertools.count()
    assert best_rates([Probe("a", 1.0, lambda repeats: float(next(ticks) > 5))], [], sample_s=1e-3)


def test_long_samples_are_repeated_less_often() -> None:
    calls = []
    best_rates([Probe("slow", 1.0, lambda repeats: calls.append(repeats) or 1.0)], [])
    assert len(calls) == 3


def test_errors_are_reported_and_other_probes_run() -> None:
    def fail(repeats: int = 0) -> float:
        raise RuntimeError("not here\nand more")

    failed: list[str] = []
    good = Probe("good", 1.0, lambda repeats: repeats * 0.02)
    probes = built({"part": fail, "rest": lambda: [good, Probe("bad", 1.0, fail)]}, failed)  # type: ignore[dict-item]
    assert best_rates(probes, failed) == {"good": pytest.approx(50.0)}
    assert failed == ["part: RuntimeError: not here", "bad: RuntimeError: not here"]
