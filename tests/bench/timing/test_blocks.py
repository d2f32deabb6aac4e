"""Blocks on a clock that only calls advance: every number is exact and no test waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import bench
from bench.timing.blocks import MIN_SAMPLE_S, time_blocks
from bench.timing.timings import Blocks
from tests.bench.timing.fake_clock import FakeClock

# Powers of two add up exactly: samples of a steady candidate are all the same float.
TICK_S = 2.0**-13


def _orders(timed: Blocks) -> dict[int, list[str]]:
    """Block → names in the order they were measured."""
    at: dict[int, dict[int, str]] = {}
    for name, timing in timed.items():
        for sample in timing.samples:
            assert sample.position not in at.setdefault(sample.block, {}), "two candidates in one place"
            at[sample.block][sample.position] = name
    return {block: [places[p] for p in sorted(places)] for block, places in sorted(at.items())}


def test_every_candidate_is_measured_once_a_block_in_changing_orders(clock: FakeClock) -> None:
    names = ["a", "b", "c", "d"]
    timed = time_blocks({n: clock.noisy(1.0, i) for i, n in enumerate(names)}, max_seconds=120.0)
    orders = _orders(timed)
    assert list(orders) == list(range(len(orders)))
    assert all(sorted(order) == names for order in list(orders.values())[:6])
    assert len({tuple(order) for order in orders.values()}) > 3
    assert {order[0] for order in orders.values()} == set(names)


def test_samples_start_in_the_order_of_their_blocks_and_places(clock: FakeClock) -> None:
    timed = time_blocks({n: clock.noisy(1.0, i) for i, n in enumerate("abc")}, max_seconds=60.0)
    samples = sorted((s for t in timed.values() for s in t.samples), key=lambda s: s.start_s)
    places = [(s.block, s.position) for s in samples]
    assert places == sorted(places)
    assert samples[0].start_s >= 0


@pytest.mark.parametrize(("seeds", "same"), [((3, 3), True), ((3, 4), False)])
def test_the_seed_decides_the_orders(clock: FakeClock, seeds: tuple[int, int], same: bool) -> None:
    first, second = (
        _orders(time_blocks({n: clock.steady(TICK_S) for n in "abcdef"}, max_seconds=60.0, seed=seed)) for seed in seeds
    )
    assert (first == second) is same


def test_constant_samples_stop_after_six_blocks_and_one_that_keeps_the_result(clock: FakeClock) -> None:
    timing = time_blocks({"a": clock.steady(TICK_S)}, max_seconds=1e6)["a"]
    assert timing.samples_s == (TICK_S,) * 7
    assert (timing.stopped_by, timing.median_s, timing.ci95_s) == ("target_rel_ci", TICK_S, (TICK_S, TICK_S))


def test_without_a_target_even_constant_samples_go_on_until_the_budget_is_spent(clock: FakeClock) -> None:
    timing = time_blocks({"a": clock.steady(1.0)}, max_seconds=100.0, target_rel_ci=None)["a"]
    assert timing.stopped_by == "max_seconds"
    # A call a sample, but for a few that warm up.
    assert 90 <= len(timing.samples) <= 100


def test_measuring_continues_until_the_widest_interval_is_narrow(clock: FakeClock) -> None:
    timed = time_blocks({"steady": clock.steady(1.0), "noisy": clock.noisy(1.0)}, max_seconds=1e9, target_rel_ci=0.05)
    assert len(timed["steady"].samples) == len(timed["noisy"].samples) > 6
    assert {t.stopped_by for t in timed.values()} == {"target_rel_ci"}


@pytest.mark.parametrize("max_seconds", [20.0, 200.0])
def test_the_budget_stops_noisy_candidates(clock: FakeClock, max_seconds: float) -> None:
    timing = time_blocks({"a": clock.noisy(1.0)}, max_seconds=max_seconds, target_rel_ci=1e-9)["a"]
    assert timing.stopped_by == "max_seconds"
    # Two calls of the pilot and two a sample, 1 s each on average, up to 1.5 s; one sample may overrun.
    assert max_seconds / 3.1 - 2 <= len(timing.samples) <= max_seconds
    assert max_seconds <= clock.now_s <= max_seconds + 6


def test_six_samples_are_taken_even_over_the_budget(clock: FakeClock) -> None:
    # Twelve calls cost more than the share of 5, and less than the whole budget of 20.
    timed = time_blocks({n: clock.noisy(1.0, i) for i, n in enumerate("abcd")}, max_seconds=20.0, target_rel_ci=1e-9)
    assert [len(t.samples) for t in timed.values()] == [7, 7, 7, 7]


@pytest.mark.parametrize("slow_s", [2.0, 3.0, 5.0, 20.0, 1000.0], ids=lambda s: f"{s:g} s of 10 s")
def test_a_slow_candidate_leaves_and_the_others_go_on(clock: FakeClock, slow_s: float) -> None:
    timed = time_blocks({"slow": clock.steady(slow_s), "fast": clock.noisy(0.01)}, max_seconds=10.0, target_rel_ci=1e-9)
    assert 1 <= len(timed["slow"].samples) <= 6
    assert timed["slow"].median_s == pytest.approx(slow_s)
    assert len(timed["fast"].samples) > 2 * len(timed["slow"].samples)
    assert timed["slow"].error is None


@pytest.mark.parametrize("after", [0, 1, 2, 3, 7], ids=lambda n: f"call {n + 1} raises")
def test_a_candidate_that_raises_keeps_its_error_and_the_others_go_on(clock: FakeClock, after: int) -> None:
    timed = time_blocks({"bad": clock.raising(0.0625, after), "good": clock.steady(0.0625)}, max_seconds=10.0)
    assert str(timed["bad"].error) == f"broken after {after}"
    assert timed["bad"].stopped_by == "error"
    # Two calls go to the pilot, two to each sample.
    assert len(timed["bad"].samples) == max(0, (after - 2) // 2)
    assert (timed["good"].error, timed["good"].stopped_by, len(timed["good"].samples)) == (None, "target_rel_ci", 7)


def test_candidates_that_all_raise_end_the_measurement(clock: FakeClock) -> None:
    timed = time_blocks({"a": clock.raising(1.0, 0), "b": clock.raising(1.0, 0)})
    assert [(t.median_s, t.ci95_s, t.samples) for t in timed.values()] == [(None, None, ())] * 2


def test_an_interrupt_passes_through(clock: FakeClock) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        time_blocks({"a": interrupted})


@pytest.mark.parametrize(
    ("cost_s", "calls"),
    [(1.0, 1), (2e-3, 1), (TICK_S, 5), (TICK_S / 64, math.ceil(64 * MIN_SAMPLE_S / TICK_S)), (2.0**-28, 100_000)],
)
def test_the_pilot_decides_the_calls_of_a_sample(clock: FakeClock, cost_s: float, calls: int) -> None:
    timing = time_blocks({"a": clock.steady(cost_s)}, max_seconds=100.0)["a"]
    assert timing.calls_per_sample == calls
    assert timing.median_s == pytest.approx(cost_s)


def test_a_change_of_speed_does_not_change_the_calls_of_a_sample(clock: FakeClock) -> None:
    costs = iter([TICK_S] * 30)

    def call() -> None:
        clock.now_s += next(costs, 8 * TICK_S)

    timing = time_blocks({"a": call}, max_seconds=10.0)["a"]
    assert timing.calls_per_sample == math.ceil(MIN_SAMPLE_S / TICK_S)
    assert timing.samples_s[-1] == 8 * TICK_S


def test_every_sample_starts_with_an_untimed_call(clock: FakeClock) -> None:
    """After another candidate has run, the first call is slow; no sample shows it."""
    last = ["nobody"]

    def candidate(name: str) -> Callable[[], None]:
        def call() -> None:
            clock.now_s += 2.0**-4 if last[0] == name else 50.0
            last[0] = name

        return call

    timed = time_blocks({n: candidate(n) for n in "abc"}, max_seconds=1e6)
    assert {s for t in timed.values() for s in t.samples_s} == {2.0**-4}


def test_a_long_call_has_no_untimed_call_before_it(clock: FakeClock) -> None:
    timed = time_blocks({"a": clock.steady(1.0)}, max_seconds=100.0)["a"]
    # Three calls of the pilot, then samples only.
    assert clock.now_s == 3.0 + len(timed.samples)


def test_before_sample_gets_the_name_of_the_candidate(clock: FakeClock) -> None:
    told: list[str] = []
    ran: list[tuple[str, str]] = []

    def candidate(name: str) -> Callable[[], None]:
        def call() -> None:
            clock.now_s += 1.0
            ran.append((told[-1], name))

        return call

    time_blocks({n: candidate(n) for n in "ab"}, max_seconds=100.0, before_sample=told.append)
    assert len(ran) > 12
    assert all(announced == name for announced, name in ran)


def test_the_device_is_synchronised_before_each_sample(clock: FakeClock) -> None:
    timed = time_blocks({n: clock.steady(1.0) for n in "ab"}, max_seconds=100.0)
    assert clock.synchronised == 2 + sum(len(t.samples) for t in timed.values())


def test_the_last_result_is_kept(clock: FakeClock) -> None:
    numbers = iter(range(10_000))

    def call() -> int:
        clock.now_s += 0.0625
        return next(numbers)

    timed = time_blocks({"counts": call, "text": clock.steady(0.0625, "result")}, max_seconds=100.0)
    assert timed["counts"].last_result == 3 + 2 * 7 - 1
    assert timed["text"].last_result == "result"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"candidates": {}}, "no candidates"),
        ({"device": "tpu"}, "'tpu' has no clock; allowed: cpu, cuda"),
        ({"max_seconds": 0.0}, "max_seconds 0.0"),
        ({"max_seconds": -1.0}, "max_seconds -1.0"),
        ({"target_rel_ci": 0.0}, "target_rel_ci 0.0"),
        ({"target_rel_ci": -0.1}, "target_rel_ci -0.1"),
        ({"max_seconds": math.nan}, "max_seconds nan"),
        ({"target_rel_ci": math.nan}, "target_rel_ci nan"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(given: dict[str, Any], message: str) -> None:
    def never() -> None:
        raise AssertionError("called in spite of a bad argument")

    with pytest.raises(ValueError, match=message):
        time_blocks(**{"candidates": {"a": never}, **given})


def test_blocks_work_on_the_real_clock() -> None:
    timed = bench.time_blocks({"a": lambda: sum(range(2000)), "b": lambda: sum(range(20000))}, max_seconds=0.2)
    assert timed.ratio("b", over="a").estimate > 1
    assert timed["a"].last_result == 1999000
    assert timed["a"].calls_per_sample > 1


def test_a_candidate_that_returns_nothing_has_a_warning(clock: FakeClock) -> None:
    timed = time_blocks({"none": clock.steady(1.0), "some": clock.steady(1.0, "result")}, max_seconds=100.0)
    assert timed["some"].warning is None
    assert "returned nothing" in (timed["none"].warning or "")


def test_intervals_are_computed_less_often_as_samples_grow(clock: FakeClock) -> None:
    """Noise that ends once there are 200 samples: the measurement ends at a look, not at the first narrow block."""
    timing = time_blocks({"a": clock.noisy(1.0)}, max_seconds=1e5, target_rel_ci=0.05)["a"]
    assert timing.stopped_by == "target_rel_ci"
    taken = len(timing.samples) - 1
    looks, block = [], 0
    while block <= taken:
        looks.append(block)
        block += max(1, block // 16)
    assert taken in looks


def test_one_call_warms_up_a_slow_candidate(clock: FakeClock) -> None:
    calls = []
    slow = clock.steady(1.0)
    timed = time_blocks({"a": lambda: calls.append(slow())}, max_seconds=0.9, min_blocks=2)
    assert (len(calls), len(timed["a"].samples)) == (3, 2)


def test_a_call_longer_than_the_budget_has_one_sample(clock: FakeClock) -> None:
    calls = []
    slow = clock.steady(1.0)
    timed = time_blocks({"a": lambda: calls.append(slow()) or 7, "b": clock.noisy(0.001)}, max_seconds=0.9)
    assert (len(calls), len(timed["a"].samples), timed["a"].last_result) == (2, 1, 7)


def test_patience_limits_the_time_of_the_least_samples(clock: FakeClock) -> None:
    timed = time_blocks({"a": clock.noisy(1.0)}, max_seconds=0.9, min_blocks=5, patience_s=20.0)
    # One more sample is for the result, if there is one.
    assert len(timed["a"].samples) == 5 + 1
