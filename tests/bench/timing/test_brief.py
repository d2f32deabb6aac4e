"""Candidates that are known to lose: a couple of blocks, and more within a part of a share; calls before a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.timing.blocks import time_blocks
from bench.timing.shares import BRIEF_BLOCKS, untimed_calls
from tests.bench.timing.fake_clock import FakeClock


def test_a_known_loser_leaves_after_its_blocks_and_the_others_share_its_time(clock: FakeClock) -> None:
    names = ("a", "b", "slow")
    seconds = {"a": 1.0, "b": 1.0, "slow": 4.0}
    calls = {name: clock.steady(seconds[name], "y") for name in names}
    timed = time_blocks(calls, max_seconds=40.0, target_rel_ci=None, brief={"slow": 4.0})
    # A sample takes 4 s, and half of a share is 10 s.
    assert [sample.block for sample in timed["slow"].samples] == [0, 1, 2]
    assert timed["slow"].last_result is not None
    assert [timed[name].stopped_by for name in names] == ["max_seconds", "max_seconds", "lost"]
    # Half of the time each, a sample with its untimed call taking 1 to 2 s.
    assert all(9 <= len(timed[name].samples) <= 20 for name in "ab")


def test_a_known_loser_has_a_part_of_a_share(clock: FakeClock) -> None:
    calls = {name: clock.steady(seconds, "y") for name, seconds in (("a", 1.0), ("b", 1.0), ("quick", 0.25))}
    timed = time_blocks(calls, max_seconds=200.0, target_rel_ci=None, brief={"quick": 0.25})
    # Half of the hundred seconds of each of the others, in samples and untimed calls of a quarter.
    assert 80 <= len(timed["quick"].samples) <= 100
    assert len(timed["a"].samples) < len(timed["quick"].samples)


def test_a_known_loser_with_long_calls_that_was_just_called_is_not_warmed_up(clock: FakeClock) -> None:
    counts = {"known": 0, "new": 0}

    def counting(name: str) -> Callable[[], Any]:
        call = clock.steady(1.0, "y")

        def counted() -> Any:
            counts[name] += 1
            return call()

        return counted

    calls = {name: counting(name) for name in counts}
    time_blocks(calls, max_seconds=0.1, target_rel_ci=None, brief={"known": 1.0, "new": 0.0})
    # Blocks of two calls, and one more sample for its result.
    assert counts["new"] == counts["known"] + 1


@pytest.mark.parametrize(
    ("call_s", "calls"), [(0.0, 3), (1e-4, 3), (4e-3, 3), (6e-3, 2), (0.02, 1), (0.1, 0), (2.0, 0)]
)
def test_short_calls_settle_before_a_sample(call_s: float, calls: int) -> None:
    assert untimed_calls(call_s) == calls


def test_where_all_are_known_losers_all_leave(clock: FakeClock) -> None:
    calls = {name: clock.steady(1.0, "y") for name in "ab"}
    timed = time_blocks(calls, max_seconds=0.5, target_rel_ci=None, min_blocks=9, brief={"a": 0.0, "b": 0.0})
    assert all(BRIEF_BLOCKS <= len(timed[name].samples) <= BRIEF_BLOCKS + 1 for name in "ab")
