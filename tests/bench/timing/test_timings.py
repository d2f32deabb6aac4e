"""Ratios pair the samples of shared blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.timing.blocks import time_blocks
from tests.bench.timing.fake_clock import FakeClock


def test_ratio_pairs_within_blocks_under_drift(clock: FakeClock) -> None:
    """The machine slows down more than thirtyfold; the ratio within blocks does not move."""
    slowdown = [1.0]

    def candidate(cost_s: float) -> Callable[[], None]:
        def call() -> None:
            clock.now_s += cost_s * slowdown[0]

        return call

    announced = iter(range(10_000))

    def drift(name: str) -> None:
        # Two pilots, then two samples a block; each block is half as fast as the one before.
        slowdown[0] = 2.0 ** max(0, (next(announced) - 2) // 2)

    timed = time_blocks({"a": candidate(1.0), "b": candidate(3.0)}, max_seconds=500.0, before_sample=drift)
    assert max(timed["a"].samples_s) >= 32 * min(timed["a"].samples_s)
    ratio = timed.ratio("b", over="a")
    # The block that closes the measurement may have one side alone before it: the drift then falls between the two.
    assert (ratio.estimate, ratio.low) == (pytest.approx(3.0),) * 2


def test_ratio_uses_the_shared_blocks_only(clock: FakeClock) -> None:
    timed = time_blocks({"slow": clock.steady(8.0), "fast": clock.noisy(0.5)}, max_seconds=40.0, target_rel_ci=1e-9)
    slow, fast = ({s.block: s.time_s for s in timed[n].samples} for n in ("slow", "fast"))
    shared = sorted(slow.keys() & fast.keys())
    assert 1 <= len(shared) < len(fast)
    median = sorted(slow[b] / fast[b] for b in shared)
    assert median[(len(median) - 1) // 2] <= timed.ratio("slow", over="fast").estimate * (1 + 1e-12)
    assert timed.ratio("slow", over="fast").estimate <= median[len(median) // 2] * (1 + 1e-12)


def test_without_a_shared_block_there_is_no_ratio(clock: FakeClock) -> None:
    timed = time_blocks({"bad": clock.raising(1.0, 0), "good": clock.steady(1.0)})
    with pytest.raises(ValueError, match="paired samples"):
        timed.ratio("good", over="bad")
    with pytest.raises(KeyError):
        timed.ratio("good", over="nobody")


def test_blocks_are_a_mapping(clock: FakeClock) -> None:
    timed = time_blocks({n: clock.steady(1.0) for n in ("b", "a")})
    assert (list(timed), len(timed), "a" in timed, "c" in timed) == (["b", "a"], 2, True, False)


def test_results_show_themselves_in_one_line(clock: FakeClock) -> None:
    def fail() -> None:
        raise ValueError("two\nlines")

    timed = time_blocks({"a": clock.steady(2e-3), "b": fail}, max_seconds=1.0, target_rel_ci=None)
    assert len(timed["a"].samples) > 10
    assert repr(timed) == "<Blocks 'a': 2.000 ms, 'b': –>"
    assert repr(timed["a"]).startswith("<Timing 'a': 2.000 ms (95 %: 2.000 ms to 2.000 ms), ")
    assert repr(timed["b"]) == "<Timing 'b': ValueError>"
    # A busy machine adds flags.
    assert len(repr(replace(timed["a"].samples[0], flags=()))) < 120
