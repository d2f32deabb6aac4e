"""Simulated samples of known truth on noisy machines: the ratio is unbiased and its interval has its coverage.

Each world gives two candidates costs with a known ratio and disturbs both: drift and load are shared by a block, noise
is independent for each sample. The samples pass through all of `time_draws`, including its stopping rule.
"""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Callable, Iterator, Mapping

import pytest

from bench.estimates.intervals import Ratio, median_interval, paired_ratio
from bench.timing import blocks, evidence
from bench.timing.draws import time_draws
from tests.bench.timing.fake_clock import FakeClock

TRUTH = 1.02
TRIALS = 200
# 95 % minus three standard deviations of this number of trials. Intervals may be too wide where load changes between
# draws, but at most by this factor.
COVERAGE = 0.90
WIDEST = 2.5

Costs = Iterator[float]


def quiet(rng: random.Random) -> Costs:
    return (rng.lognormvariate(0, 0.02) for _ in itertools.count())


def drift(rng: random.Random) -> Costs:
    """The machine slows down by half in the course of a thousand calls."""
    return ((1 + i / 2000) * rng.lognormvariate(0, 0.02) for i in itertools.count())


def bursts(rng: random.Random) -> Costs:
    """At times another program takes half of the machine for many calls."""
    busy = False
    while True:
        busy = busy != (rng.random() < 0.02)
        yield rng.lognormvariate(0.7, 0.3) if busy else rng.lognormvariate(0, 0.02)


def bimodal(rng: random.Random) -> Costs:
    """Each call is fast, or in a third of the cases 30 % slower."""
    return (rng.choice((1.0, 1.0, 1.3)) * rng.lognormvariate(0, 0.01) for _ in itertools.count())


def heavy_tails(rng: random.Random) -> Costs:
    """Delays without a mean: one call in a hundred takes ten times as long, one in ten thousand a thousand times."""
    return (1 + 0.02 * rng.paretovariate(1.0) for _ in itertools.count())


def autocorrelated(rng: random.Random) -> Costs:
    """A clock that wanders: each cost depends on the one before."""
    level = 0.0
    while True:
        level = 0.95 * level + rng.gauss(0, 0.02)
        yield math.exp(level)


WORLDS: list[Callable[[random.Random], Costs]] = [quiet, drift, bursts, bimodal, heavy_tails, autocorrelated]


class _Blind:
    """No evidence: reading it takes longer than a simulated call."""

    def __init__(self, device: str) -> None:
        pass

    def open(self) -> None:
        pass

    def close(self) -> evidence.Evidence:
        return evidence.Evidence()


def _trial(clock: FakeClock, world: Callable[[random.Random], Costs], seed: int, placement: float) -> Ratio:
    rng = random.Random(seed)
    costs = world(rng)

    def make(draw: int) -> Mapping[str, Callable[[], object]]:
        def candidate(factor: float) -> Callable[[], object]:
            placed = factor * rng.lognormvariate(0, placement)

            def call() -> object:
                clock.now_s += placed * next(costs)
                return "result"

            return call

        return {"a": candidate(1.0), "b": candidate(TRUTH)}

    return time_draws(make, max_seconds=1200.0, target_rel_ci=0.01, seed=seed).ratio("b", over="a")


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("placement", [0.0, 0.01], ids=["all draws alike", "draws differ by 1 %"])
@pytest.mark.parametrize(
    "world",
    WORLDS,
    ids=lambda world: world.__name__,
)
def test_the_ratio_is_unbiased_and_covered_with_the_stopping_rule(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, world: Callable[[random.Random], Costs], placement: float
) -> None:
    monkeypatch.setattr(blocks.evidence, "Watch", _Blind)
    trials = [_trial(clock, world, seed, placement) for seed in range(TRIALS)]
    errors = [math.log(t.estimate / TRUTH) for t in trials]
    # The mean error of unbiased estimates is within three of its own standard errors.
    assert abs(statistics.fmean(errors)) <= 3 * statistics.stdev(errors) / math.sqrt(TRIALS)
    covered = [t.low <= TRUTH <= t.high for t in trials if t.low is not None and t.high is not None]
    assert len(covered) == TRIALS
    assert statistics.fmean(covered) >= COVERAGE
    p95 = sorted(map(abs, errors))[int(0.95 * TRIALS)]
    assert statistics.median(t.rel_half_width or math.nan for t in trials) <= WIDEST * p95


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_the_median_of_samples_that_depend_on_each_other_is_covered(memory: float) -> None:
    """Autoregressive noise, which an interval for independent samples would ignore."""
    rng, hits, runs = random.Random(5), 0, 400
    for _ in range(runs):
        level, samples = 0.0, []
        for _ in range(150):
            level = memory * level + rng.gauss(0, 1)
            samples.append(math.exp(0.01 * level))
        low, high = median_interval(samples) or (math.nan, math.nan)
        hits += low <= 1.0 <= high
    assert 0.88 <= hits / runs <= 0.99


@pytest.mark.parametrize("draws", [2, 3, 5, 8, 16])
@pytest.mark.parametrize("between", [0.0, 0.005, 0.02])
def test_the_ratio_of_several_draws_is_covered(draws: int, between: float) -> None:
    """Draws differ not at all, as much as the noise of their medians, or much more."""
    rng, hits, runs = random.Random(draws), 0, 400
    for _ in range(runs):
        groups = []
        for _ in range(draws):
            level = rng.gauss(0.0, between)
            groups.append([math.exp(rng.gauss(level, 0.02)) for _ in range(24)])
        ratio = paired_ratio(groups, [[1.0] * len(g) for g in groups])
        assert ratio.low is not None
        assert ratio.high is not None
        hits += ratio.low <= 1.0 <= ratio.high
    # 95 % less four standard deviations of 400 runs.
    assert 0.905 <= hits / runs <= 0.995
