"""Intervals against the best: they hold all at once, and are no wider than that needs."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from bench.estimates import against_best
from bench.estimates.against_best import Against, held_together
from bench.estimates.student import NORMAL, coverage_factor, range_factor
from tests.bench.estimates.simulated_winners import (
    beside_slow_ones,
    coverage,
    equal,
    family_wise_error,
    one_slower,
    power,
    ratios_one_by_one,
)


def _of(*units: float, blocks: int = 20) -> Against:
    """The same logarithm in all blocks of a unit."""
    return Against.of((number, [[log] * blocks]) for number, log in enumerate(units))


def _reach(others: list[Against], number: int) -> float:
    ratio = against_best.ratios(others)[number]
    assert ratio.high is not None
    return math.log(ratio.high / ratio.estimate)


def test_a_single_pair_is_students_t_over_processes() -> None:
    logs = (0.01, 0.05, 0.03)
    (ratio,) = against_best.ratios([_of(*logs)])
    reach = 4.302653 * statistics.stdev(logs) / math.sqrt(3)
    assert ratio.estimate == pytest.approx(math.exp(0.03))
    assert (ratio.low, ratio.high) == (pytest.approx(math.exp(0.03 - reach)), pytest.approx(math.exp(0.03 + reach)))


def test_processes_count_alike_however_many_blocks_they_have() -> None:
    pair = Against.of([(0, [[0.0] * 90]), (1, [[0.1] * 3, [0.1] * 3])])
    assert (pair.mean, pair.blocks) == (pytest.approx(0.05), 96)


def test_more_candidates_widen_each_interval_and_clear_losers_do_not() -> None:
    near = [_of(*np.random.default_rng(n).normal(0.002, 0.01, 6)) for n in range(12)]
    slow = [_of(*np.random.default_rng(n).normal(2 + n, 0.01, 6)) for n in range(12)]
    assert _reach(near[:1], 0) < _reach(near[:4], 0)
    assert _reach([*near[:4], *slow], 0) == pytest.approx(_reach(near[:4], 0))


def test_three_processes_borrow_the_scatter_of_the_other_candidates() -> None:
    """Three that agree by luck are not certain, and three that disagree by as much as all others are no surprise."""
    usual = [_of(*np.random.default_rng(n).normal(0.0, 0.01, 3)) for n in range(10)]
    lucky = _of(0.01, 0.0101, 0.0099)
    assert _reach([lucky], 0) < 0.001
    assert _reach([lucky, *usual], 0) > 0.015


def test_a_candidate_that_other_programs_met_alone_spoils_no_other() -> None:
    usual = [_of(*np.random.default_rng(n).normal(0.0, 0.01, 3)) for n in range(5)]
    wild = _of(0.0, 0.9, 0.1)
    assert _reach([*usual, wild], 0) < 1.15 * _reach(usual, 0)
    own = range_factor(7, 2) * statistics.stdev(wild.units.values()) / math.sqrt(3)
    assert _reach([*usual, wild], 5) == pytest.approx(own), "its own scatter alone says how certain it is"


def test_a_single_process_is_as_certain_as_its_blocks() -> None:
    logs = np.random.default_rng(0).normal(0.02, 0.01, 400)
    (ratio,) = against_best.ratios([Against.of([(0, [logs.tolist()])])])
    assert ratio.rel_half_width == pytest.approx(1.96 * math.sqrt(math.pi / 2) * 0.01 / 20, rel=0.1)


def test_units_that_agree_by_luck_are_no_more_certain_than_their_blocks() -> None:
    logs = np.random.default_rng(0).normal(0, 0.01, 20).tolist()
    same = Against.of((unit, [logs]) for unit in range(3))
    assert _reach([same], 0) == pytest.approx(coverage_factor(NORMAL) * same.block_error)
    assert same.block_error > 0


def test_five_pairs_have_no_interval_and_leave_the_others_alone() -> None:
    few, many = _of(0.2, blocks=5), _of(0.1, 0.11, 0.12)
    ratio, other = against_best.ratios([few, many])
    assert (ratio.estimate, ratio.low, ratio.high) == (pytest.approx(math.exp(0.2)), None, None)
    assert other == against_best.ratios([many])[0]


def test_a_candidate_missing_in_some_processes_has_an_interval_by_the_others() -> None:
    usual = [_of(*np.random.default_rng(n).normal(0.0, 0.01, 6)) for n in range(8)]
    whole, half, once = usual[0], Against.of([(0, [[0.0] * 9]), (4, [[0.01] * 9])]), _of(0.3, blocks=9)
    widths = [_reach([of, *usual[1:]], 0) for of in (whole, half, once)]
    assert widths == sorted(widths)
    assert widths[2] < 0.1


def test_pairs_without_blocks_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        Against.of([(0, [[]])])
    assert against_best.ratios([]) == []


def test_a_scatter_beyond_any_float_still_has_ends() -> None:
    (ratio,) = against_best.ratios([_of(-300.0, 0.0, 300.0)])
    assert ratio.low is not None
    assert ratio.high is not None
    assert 0 < ratio.low < 1 < ratio.high < math.inf


@pytest.mark.parametrize(("count", "factor"), [(1, 1.0), (2, 1.0), (5, 1.0), (13, 1.196), (20, 1.278)])
def test_intervals_without_pairs_are_widened_from_six_values_on(count: int, factor: float) -> None:
    low, high = held_together(10.0, (9.0, 12.0), count)
    assert (10 - low, high - 10) == (pytest.approx(factor, rel=1e-3), pytest.approx(2 * factor, rel=1e-3))


NUMBERS = (2, 3, 4, 8, 13, 20)


def test_equal_candidates_are_seldom_called_slower() -> None:
    """Pair by pair, some of eight equal ones is in more than every fourth case."""
    errors = [family_wise_error(equal(k, processes), 60, k) for processes in (3, 6) for k in NUMBERS]
    assert statistics.fmean(errors) <= 0.05
    assert family_wise_error(equal(8, 3), 60, rule=ratios_one_by_one) > 0.25


def test_slower_ones_are_found() -> None:
    """A twentieth slower, in six processes; pairs one by one find no more."""
    assert power(beside_slow_ones(0.05, 6), 3, 60) > 0.95
    assert power(one_slower(0.10, 13, 3), 12, 60) > 0.95
    contest = beside_slow_ones(0.03, 3)
    assert power(contest, 3, 100) >= power(contest, 3, 100, rule=ratios_one_by_one) - 0.05


# Two standard errors of a share of 5 % in this number of contests.
MANY, LUCK = 1000, 2 * math.sqrt(0.05 * 0.95 / 1000)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("unequal", [0.0, 0.5])
@pytest.mark.parametrize("processes", [3, 6, 9])
@pytest.mark.parametrize("candidates", NUMBERS)
def test_the_family_wise_error_is_five_per_cent(candidates: int, processes: int, unequal: float) -> None:
    """Candidates that scatter unequally cost up to two per cent more: three in three processes have 6.6 %."""
    most = 0.05 if unequal == 0 else 0.06
    assert family_wise_error(equal(candidates, processes, unequal), MANY, candidates) <= most + LUCK


@pytest.mark.full
@pytest.mark.parametrize("processes", [3, 6, 9])
def test_the_true_ratios_lie_in_all_intervals_at_once(processes: int) -> None:
    """The steps are made for the best, so that twelve intervals together may fall a little short of 95 %."""
    contest = beside_slow_ones(0.05, processes)
    assert coverage(contest, 400) >= 0.90
    assert family_wise_error(contest, MANY, 3) <= 0.05 + LUCK
