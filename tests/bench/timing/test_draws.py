"""Candidates made anew for each draw: the interval spans the draws, and its width ends the timing."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from bench.timing.draws import time_draws
from bench.timing.timings import LUCK, Blocks
from tests.bench.timing.fake_clock import FakeClock


def _placed(
    clock: FakeClock, seed: int, *, scatter: float, truth: float = 1.0
) -> Callable[[int], Mapping[str, Callable[[], object]]]:
    """Two candidates whose speed is random in each draw; b is `truth` times slower."""
    rng = random.Random(seed)

    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        return {
            name: clock.steady(factor * rng.lognormvariate(0, scatter), "result")
            for name, factor in (("a", 1.0), ("b", truth))
        }

    return make


def test_every_draw_is_made_once_and_stored_with_its_samples(clock: FakeClock) -> None:
    made: list[int] = []

    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        made.append(draw)
        return {"a": clock.noisy(1.0, draw), "b": clock.noisy(1.0, 100 + draw)}

    timed = time_draws(make, max_seconds=800.0, draws=5)
    assert made == [0, 1, 2, 3, 4]
    assert [len(draw) > 5 for draw in timed["a"].draws_s] == [True] * 5
    assert timed["a"].stopped_by == "max_seconds"
    assert clock.now_s == pytest.approx(800.0, rel=0.1)


def test_equal_candidates_stop_after_the_least_number_of_draws(clock: FakeClock) -> None:
    timed = time_draws(_placed(clock, 0, scatter=0.0), max_seconds=1600.0)
    assert len(timed["a"].draws_s) == 10
    assert timed["a"].stopped_by == timed["b"].stopped_by == "target_rel_ci"


def test_one_draw_alone_gives_a_narrow_wrong_interval(clock: FakeClock) -> None:
    """Plans at other addresses differ by 5 %: within one draw the ratio has no noise, and is wrong."""
    one = time_draws(_placed(clock, 1, scatter=0.05), max_seconds=400.0, draws=1).ratio("b", over="a")
    many = time_draws(_placed(clock, 1, scatter=0.05), max_seconds=400.0, draws=8).ratio("b", over="a")
    assert one.low == pytest.approx(one.high)
    assert one.low != pytest.approx(1.0, rel=0.01)
    assert many.low is not None
    assert many.high is not None
    assert many.low < 1.0 < many.high


def test_only_a_candidate_that_raises_is_dropped(clock: FakeClock) -> None:
    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        return {"good": clock.noisy(1.0, draw), "bad": clock.raising(1.0, after=30)}

    timed = time_draws(make, max_seconds=600.0, draws=4)
    assert isinstance(timed["bad"].error, RuntimeError)
    assert len(timed["bad"].draws_s) <= 1
    assert len(timed["good"].draws_s) == 4
    assert timed["bad"].stopped_by == "error"


def test_a_candidate_that_raised_is_not_marked_as_narrow(clock: FakeClock) -> None:
    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        return {"a": clock.steady(1.0), "b": clock.steady(2.0), "bad": clock.raising(1.0, after=3)}

    timed = time_draws(make, max_seconds=1600.0)
    assert [timed[name].stopped_by for name in timed] == ["target_rel_ci", "target_rel_ci", "error"]


def test_slow_making_leaves_samples_without_a_ratio(clock: FakeClock) -> None:
    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        clock.now_s += 100.0
        return {"fast": clock.steady(0.001, "result"), "slow": clock.steady(1.0, "result")}

    timed = time_draws(make, max_seconds=10.0, draws=1, period=2)
    blocks = [{sample.block for sample in timed[name].samples} for name in ("fast", "slow")]
    assert [len(own) for own in blocks] == [2, 1]
    assert len(blocks[0] & blocks[1]) == 1


def test_all_candidates_may_raise(clock: FakeClock) -> None:
    timed = time_draws(lambda draw: {"bad": clock.raising(1.0, after=2)}, max_seconds=10.0)
    assert timed["bad"].stopped_by == "error"


@pytest.mark.parametrize("draws", [0, -1])
def test_fewer_than_one_draw_is_refused(draws: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        time_draws(lambda draw: {"a": list}, draws=draws)


def test_the_first_draw_takes_a_whole_period_on_slow_machines(clock: FakeClock) -> None:
    timed = time_draws(lambda draw: {n: clock.noisy(0.03, draw) for n in "ab"}, max_seconds=4.0, period=10)
    assert sum(s.draw == 0 for s in timed["a"].samples) >= 10
    assert timed.ratio("b", over="a", period=10).low is not None


def test_before_sample_gets_the_name_of_the_candidate_in_every_draw(clock: FakeClock) -> None:
    names: list[str] = []
    ran: list[tuple[str, str]] = []

    def candidate(name: str) -> Callable[[], object]:
        def call() -> None:
            clock.now_s += 1.0
            ran.append((names[-1], name))

        return call

    time_draws(lambda draw: {n: candidate(n) for n in "ab"}, max_seconds=100.0, draws=3, before_sample=names.append)
    assert len(ran) > 12
    assert all(announced == name for announced, name in ran)


def test_an_interval_that_ended_the_draws_is_widened(clock: FakeClock) -> None:
    make = _placed(clock, 4, scatter=0.002)
    timed = time_draws(make, max_seconds=1e4, target_rel_ci=0.01)
    plain = Blocks({n: replace(timing, stopped_by="max_seconds") for n, timing in timed.items()})
    found, narrow = timed.ratio("b", over="a"), plain.ratio("b", over="a")
    assert timed["a"].stopped_by == "target_rel_ci"
    assert found.estimate == narrow.estimate
    assert found.low is not None
    assert narrow.low is not None
    assert math.log(found.low / found.estimate) == pytest.approx(LUCK * math.log(narrow.low / narrow.estimate))
    assert found.rel_half_width is not None
    assert found.rel_half_width <= 0.01
