"""Medians, intervals and ratios, compared with known order statistics and with simulation."""

from __future__ import annotations

import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.estimates.intervals import (
    MIN_BLOCKS,
    grouped_interval,
    median_interval,
    paired_ratio,
    pooled_quantile,
    relative_half_width,
)

# (n, low, high): the ranks, counted from 1, that bound the median of n samples at 95 % (table of the sign test).
ORDER_STATISTICS = [
    (6, 1, 6), (7, 1, 7), (8, 1, 8), (9, 2, 8), (10, 2, 9), (11, 2, 10), (12, 3, 10), (15, 4, 12), (17, 5, 13),
    (20, 6, 15), (25, 8, 18), (30, 10, 21), (50, 18, 33), (100, 40, 61),
]  # fmt: skip


@pytest.mark.parametrize(("n", "low", "high"), ORDER_STATISTICS)
def test_median_interval_is_the_order_statistics_of_the_table(n: int, low: int, high: int) -> None:
    ranks = list(range(1, n + 1))
    random.Random(n).shuffle(ranks)
    assert median_interval(ranks) == (low, high)


def test_thousands_of_samples_have_an_interval() -> None:
    ranks = list(range(1, 3001))
    random.Random(0).shuffle(ranks)
    # The normal limit of the binomial: n / 2 ± 0.98 √n.
    assert median_interval(ranks) == pytest.approx((1446, 1555), abs=2)


@pytest.mark.parametrize("n", range(MIN_BLOCKS))
def test_fewer_than_six_samples_have_no_interval(n: int) -> None:
    assert median_interval([1.0] * n) is None
    assert relative_half_width([1.0] * n) is None


def test_the_given_list_keeps_its_order() -> None:
    samples = [3.0, 1.0, 2.0, 6.0, 5.0, 4.0]
    median_interval(samples)
    assert samples == [3.0, 1.0, 2.0, 6.0, 5.0, 4.0]


@pytest.mark.parametrize("n", [6, 9, 15, 20, 41])
def test_interval_covers_the_median_of_skewed_samples(n: int) -> None:
    rng = random.Random(n)
    true_median = 1.0
    covered = 0
    for _ in range(2000):
        interval = median_interval([rng.lognormvariate(0.0, 1.0) for _ in range(n)])
        assert interval is not None
        covered += interval[0] <= true_median <= interval[1]
    assert 0.93 <= covered / 2000 <= 0.99


@given(st.lists(st.floats(1e-9, 1e3), min_size=MIN_BLOCKS, max_size=60))
def test_interval_holds_the_sample_median(samples: list[float]) -> None:
    interval = median_interval(samples)
    assert interval is not None
    assert interval[0] <= statistics.median(samples) <= interval[1]


@pytest.mark.parametrize(
    ("samples", "width"),
    [([2.0] * 6, 0.0), ([9.0, 11.0, 10.0, 10.0, 10.0, 10.0], 0.1), ([0.0] * 6, None), ([], None)],
)
def test_relative_half_width_is_half_the_interval_over_the_median(samples: list[float], width: float | None) -> None:
    assert relative_half_width(samples) == (None if width is None else pytest.approx(width))


@pytest.mark.parametrize("factor", [0.001, 0.5, 1.0, 3.0, 1e4])
def test_paired_ratio_is_exact_under_common_drift(factor: float) -> None:
    rng = random.Random(0)
    # Ten-fold drift, and ten-fold load at times: both sides of a block share them.
    below = [1e-3 * (1 + 9 * i / 40) * rng.choice([1.0, 1.0, 10.0]) for i in range(41)]
    ratio = paired_ratio([[factor * b for b in below]], [below])
    for value in (ratio.estimate, ratio.low, ratio.high):
        assert value == pytest.approx(factor, rel=1e-12)


def test_swapping_the_sides_inverts_the_ratio() -> None:
    rng = random.Random(1)
    a, b = ([rng.lognormvariate(0, 0.3) for _ in range(20)] for _ in range(2))
    forth, back = paired_ratio([a], [b]), paired_ratio([b], [a])
    assert None not in (forth.low, forth.high, back.low, back.high)
    assert forth.estimate * back.estimate == pytest.approx(1)
    assert forth.low * back.high == pytest.approx(1)  # type: ignore[operator]
    assert forth.high * back.low == pytest.approx(1)  # type: ignore[operator]
    assert forth.low < forth.estimate < forth.high  # type: ignore[operator]


def test_paired_ratio_is_the_median_of_ratios_and_not_the_ratio_of_medians() -> None:
    # Medians 3 and 2 would give 1.5; within the blocks the ratio is 1 twice and 9 once.
    assert paired_ratio([[1.0, 3.0, 18.0]], [[1.0, 3.0, 2.0]]).estimate == pytest.approx(1.0)


@pytest.mark.parametrize("n", [1, 5])
def test_few_pairs_have_a_ratio_without_an_interval(n: int) -> None:
    ratio = paired_ratio([[4.0] * n], [[2.0] * n])
    assert math.isclose(ratio.estimate, 2.0)
    assert (ratio.low, ratio.high) == (None, None)


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [([], []), ([1.0], []), ([], [1.0]), ([1.0, 2.0], [1.0]), ([0.0], [1.0]), ([-1.0], [1.0])],
)
def test_paired_ratio_refuses_unpaired_or_non_positive_samples(
    numerator: list[float], denominator: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"paired samples|positive|math domain"):
        paired_ratio([numerator], [denominator])


def test_processes_that_disagree_widen_the_interval() -> None:
    """Each process is steady, but they disagree: one process has a point, three have an interval that spans them."""
    groups = [[1.0] * 50, [1.2] * 50, [1.5] * 50]
    assert grouped_interval(groups[:1]) == (1.0, 1.0)
    low, high = grouped_interval(groups) or (math.nan, math.nan)
    assert low < 1.0 < 1.5 < high


@pytest.mark.parametrize(("groups", "known"), [([[1.0] * 2] * 3, True), ([[1.0], [1.0]], False), ([], False)])
def test_samples_of_all_processes_count_together(groups: list[list[float]], known: bool) -> None:
    assert (grouped_interval(groups) is not None) is known


def test_the_grouped_interval_covers_the_median_of_many_processes() -> None:
    """The medians of ten processes scatter by 5 %: the interval covers the true median in most of 100 runs."""
    rng, hits = random.Random(3), 0
    for _ in range(100):
        groups = []
        for _ in range(10):
            level = rng.gauss(1.0, 0.05)
            groups.append([rng.gauss(level, 0.02) for _ in range(12)])
        low, high = grouped_interval(groups) or (0.0, 0.0)
        hits += low <= 1.0 <= high
    assert 85 <= hits <= 100


def test_a_slower_position_of_the_period_counts_and_a_disturbed_sample_does_not() -> None:
    """Every fifth sample takes 10 % longer: 2 % on average. A third of the samples are disturbed, by 50 %."""
    generator = random.Random(1)
    below = [[generator.uniform(0.999, 1.001) for _ in range(300)] for _ in range(4)]
    above = [
        [v * (1.1 if i % 5 == 4 else 1.0) * (1.5 if generator.random() < 1 / 3 else 1.0) for i, v in enumerate(group)]
        for group in below
    ]
    ratio = paired_ratio(above, below, 5)
    assert ratio.estimate == pytest.approx(1.02, rel=1e-9)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low <= 1.02 <= ratio.high
    assert paired_ratio(above, below).estimate == pytest.approx(1.0, rel=1e-9)


def test_a_period_needs_a_sample_at_each_position() -> None:
    assert paired_ratio([[1.0, 2.0, 2.4], [1.0]], [[1.0, 2.0, 2.0], [1.0]], 3).estimate == pytest.approx(3.2 / 3)
    with pytest.raises(ValueError, match="at least 3 in a draw"):
        paired_ratio([[1.0, 2.0], [1.0]], [[1.0, 2.0], [1.0]], 3)


@pytest.mark.parametrize("period", [2, 5, 10])
def test_the_interval_of_a_periodic_ratio_covers_the_truth(period: int) -> None:
    """Sixteen draws that differ, a fifth of the blocks disturbed, and one position of the period 10 % slower."""
    generator = np.random.default_rng(period)
    slower = np.where(np.arange(20) % period == period - 1, 1.1, 1.0)
    covered = []
    for _ in range(200):
        offsets = np.exp(generator.normal(0, 0.003, (16, 1)))
        noise = [np.exp(generator.normal(0, 0.01, (16, 20))) for _ in range(2)]
        a, b = (n * np.where(generator.random((16, 20)) < 0.2, 1.4, 1.0) for n in noise)
        ratio = paired_ratio((b * slower * offsets).tolist(), a.tolist(), period)
        assert ratio.low is not None
        assert ratio.high is not None
        covered.append(ratio.low <= 1 + 0.1 / period <= ratio.high)
    assert 0.9 <= sum(covered) / len(covered) <= 0.995


def test_every_draw_weighs_the_same_in_the_pooled_median() -> None:
    many, few = [1.0] * 100, [2.0, 2.0]
    assert pooled_quantile([many, few, few], 0.5) == pytest.approx(2.0, rel=0.01)
    assert pooled_quantile([many, many, few], 0.5) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("groups", [[[1.0, 5.0, 2.0]], [[1.0, 4.0], [3.0, 2.0]], [[7.0]], [[3.0, 1.0], []]])
def test_the_pooled_median_of_equal_draws_is_the_usual_one(groups: list[list[float]]) -> None:
    assert pooled_quantile(groups, 0.5) == pytest.approx(statistics.median(v for group in groups for v in group))


def test_the_grouped_interval_covers_where_losers_have_few_samples_in_all_but_one_process() -> None:
    rng, covered = np.random.default_rng(1), 0
    for _ in range(400):
        groups = [list(rng.normal(0, 1.25) + rng.normal(0, 2, size=n)) for n in (40, 2, 2, 2, 2, 2)]
        low, high = grouped_interval(groups) or (0.0, 0.0)
        covered += low <= 0 <= high
    assert covered >= 0.9 * 400
