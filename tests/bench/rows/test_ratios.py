"""Ratios to the fastest: paired within the blocks of one draw, over the fastest that competes."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from bench.rows.ranking import Standing, rank
from bench.rows.ratios import by_unit, with_ratios
from bench.store.schema import Sample
from bench.store.status import Flag
from tests.bench.rows.made_samples import drawn, row_of_samples


def test_a_process_is_a_unit_and_in_a_single_process_a_draw_is() -> None:
    taken = drawn([1.0] * 20, [1.5] * 10, [2.0] * 5)
    assert [len(unit) for unit in by_unit(taken)] == [20, 10, 5]
    assert [len(unit) for unit in by_unit([*taken, Sample(process=1, block=0, time_s=1.0)])] == [35, 1]


def test_the_time_of_a_row_weighs_processes_equally() -> None:
    """A clear loser has many samples of its first process and few of the others."""
    taken = [Sample(process=0, block=b, time_s=1.0) for b in range(40)]
    taken += [Sample(process=p, block=b, time_s=1.1) for p in (1, 2, 3) for b in range(2)]
    row = row_of_samples(taken)
    assert row.time_s == pytest.approx(1.1)
    assert row.time_unflagged_s == pytest.approx(1.1)


def test_ratios_pair_the_blocks_of_one_draw() -> None:
    """Block 0 of the second draw is not block 0 of the first: there the machine was twice as slow."""
    samples = {"a": drawn([1.0] * 4, [2.0] * 4), "b": drawn([3.0] * 4, [6.0] * 4)}
    rows = [row_of_samples(taken, name) for name, taken in samples.items()]
    ratios = [(row.over_best, row.over_best_low, row.over_best_high) for row in with_ratios(rows, samples)]
    assert ratios == [(1.0, 1.0, 1.0), (pytest.approx(3.0),) * 3]


@pytest.mark.parametrize(("delegate", "ratios"), [("a", [1.0, 2.0, 0.5]), (None, [2.0, 4.0, 1.0])])
def test_ratios_are_over_the_fastest_that_competes(delegate: str | None, ratios: list[float]) -> None:
    samples = {"a": drawn([1.0] * 6), "b": drawn([2.0] * 6), "auto": drawn([0.5] * 6)}
    rows = [row_of_samples(taken, name, delegate if name == "auto" else None) for name, taken in samples.items()]
    assert [row.over_best for row in with_ratios(rows, samples)] == pytest.approx(ratios)


@pytest.mark.parametrize(
    "samples",
    [
        {"a": drawn([1.0] * 6), "b": drawn([], [2.0] * 6)},
        {"a": drawn([0.0] * 6), "b": drawn([2.0] * 6)},
    ],
    ids=["no block in common", "a time of 0"],
)
def test_a_ratio_that_cannot_be_formed_is_null(samples: dict[str, list]) -> None:  # type: ignore[type-arg]
    """A time of 0 has no interval, so the other is the fastest."""
    rows = with_ratios([row_of_samples(taken, name) for name, taken in samples.items()], samples)
    (row,) = (row for row in rows if row.over_best != 1)
    assert (row.over_best, row.over_best_low, row.over_best_high) == (None, None, None)


def test_a_ratio_with_an_interval_too_wide_is_null() -> None:
    """Two of three draws disagree: the interval of the ratio reaches from far below 1 to a hundred."""
    samples = {"a": drawn([1.0] * 6, [1.0] * 6, [1.0] * 6), "b": drawn([1.2] * 6, [2.0] * 6, [9.0] * 6)}
    rows = with_ratios([row_of_samples(taken, name) for name, taken in samples.items()], samples)
    assert (rows[1].time_s, rows[1].over_best, rows[1].over_best_low, rows[1].over_best_high) == (2.0, None, None, None)


def test_ratios_are_over_the_fastest_with_a_usable_interval() -> None:
    """The least median is one of a busy machine: nothing is compared with it."""
    samples = {
        "wild": drawn([0.1] * 6, [0.9] * 7, [9.0] * 6), "a": drawn(*[[1.0] * 6] * 3), "b": drawn(*[[2.0] * 6] * 3),
    }  # fmt: skip
    rows = [row_of_samples(taken, name) for name, taken in samples.items()]
    assert (rows[0].time_s, rows[0].time_low_s) == (0.9, None)
    assert [row.over_best for row in with_ratios(rows, samples)] == [None, 1.0, pytest.approx(2.0)]


def in_processes(*processes_s: list[float], draws: int = 1) -> list[Sample]:
    """Samples of several processes, each with as many draws of the same times."""
    return [
        Sample(process=p, draw=d, block=b, time_s=time_s)
        for p, times_s in enumerate(processes_s)
        for d in range(draws)
        for b, time_s in enumerate(times_s)
    ]


def _high(samples: dict[str, list[Sample]]) -> float:
    _, row = with_ratios([row_of_samples(taken, name) for name, taken in samples.items()], samples)
    assert row.over_best_high is not None
    return row.over_best_high


def test_a_process_is_the_unit_however_many_plans_it_made() -> None:
    """Its plans differ less than processes do: more of them do not make a ratio more certain."""
    highs = [
        _high({
            "a": in_processes(*[[1.0] * 6] * 3, draws=draws),
            "b": in_processes([1.10] * 6, [1.12] * 6, [1.11] * 6, draws=draws),
        })
        for draws in (1, 4)
    ]  # fmt: skip
    assert highs[0] == pytest.approx(highs[1])
    # Student's t for three.
    assert highs[0] == pytest.approx(1.11 * math.exp(4.302653 * 0.00901 / math.sqrt(3)), rel=1e-4)


def test_of_many_equal_candidates_none_is_called_slower() -> None:
    """Pair by pair, some of thirteen equal ones is slower in more than half of all cases."""
    rng, wrong, cases = random.Random(0), 0, 40
    for _ in range(cases):
        samples = {
            f"impl-{number}": in_processes(
                *[[math.exp(middle + rng.gauss(0, 0.01)) for _ in range(6)] for middle in _middles(rng)]
            )
            for number in range(13)
        }
        ranking = rank(with_ratios([row_of_samples(taken, name) for name, taken in samples.items()], samples))
        wrong += bool(ranking.standing(Standing.SLOWER))
    assert wrong <= 0.05 * cases


def _middles(rng: random.Random) -> list[float]:
    return [rng.gauss(0, 0.01) for _ in range(3)]


@pytest.mark.parametrize(("others", "standing"), [(1, Standing.SLOWER), (12, Standing.TIED)])
def test_intervals_of_times_without_pairs_hold_all_at_once(others: int, standing: Standing) -> None:
    """Intervals that just do not overlap tell two apart, and not one of thirteen."""
    best, *rest = [
        replace(row_of_samples([], f"impl-{n}"), time_s=time_s, time_low_s=time_s - 0.02, time_high_s=time_s + 0.02)
        for n, time_s in enumerate((1.0, *(1.042,) * others))
    ]
    ranking = rank([best, *rest])
    assert {ranking.of(row) for row in rest} == {standing}


def test_a_wide_ratio_near_1_is_flagged_and_the_flag_goes_when_it_is_narrow() -> None:
    times = [[1.0] * 6] * 3
    samples = {
        "a": in_processes(*times),
        "wide": in_processes([1.2] * 6, [1.3] * 6, [1.25] * 6),
        "far": in_processes([2.2] * 6, [2.4] * 6, [2.2] * 6),
        "wild": in_processes([1.2] * 6, [9.0] * 6, [0.15] * 6),
    }
    rows = with_ratios([row_of_samples(taken, name) for name, taken in samples.items()], samples)
    assert [Flag.WIDE_RATIO in row.flags for row in rows] == [False, True, False, True]
    assert [row.over_best is None for row in rows] == [False, False, False, True]
    assert with_ratios(rows, samples) == rows, "a flag is not added twice"
    calm = with_ratios(rows, {**samples, "wide": in_processes(*[[1.2] * 6] * 3)})
    assert Flag.WIDE_RATIO not in calm[1].flags


def test_rows_without_a_time_have_no_ratio() -> None:
    rows = [row_of_samples([], "a"), row_of_samples(drawn([1.0] * 6), "b")]
    assert [row.over_best for row in with_ratios(rows, {"b": drawn([1.0] * 6)})] == [None, 1.0]
    assert with_ratios(rows[:1], {}) == rows[:1]
