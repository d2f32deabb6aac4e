"""The leader of a case, its ties, and the words on a clear winner."""

from __future__ import annotations

from typing import Any

import pytest

from bench.rows.leader import fastest_words, leader, ties
from bench.rows.ranking import Verdict, rank
from bench.store.schema import Row
from bench.store.status import Flag

NOISY: dict[str, Any] = {"flags": (Flag.NOISY, Flag.WIDE_INTERVAL), "time_low_s": None, "time_high_s": None}


def row(name: str, time_s: float, over_best: float, **more: Any) -> Row:
    """A row whose paired ratio has a narrow interval, and its time too."""
    ends: dict[str, Any] = {
        "time_low_s": 0.99 * time_s, "time_high_s": 1.01 * time_s,
        "over_best_low": 0.99 * over_best, "over_best_high": 1.01 * over_best,
    }  # fmt: skip
    return Row(implementation=name, time_s=time_s, over_best=over_best, **(ends | more))


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({}, "it is fastest"),
        # All that the machine did slowed both alike: the pairs are clear, and the time is not.
        (NOISY, "it was fastest in every comparison, but the machine was busy: its time is uncertain"),
        (
            {"flags": (Flag.NOISY,)},
            "it was fastest in every comparison, but the machine was busy: its time is uncertain",
        ),
        (
            {"time_low_s": None, "time_high_s": None},
            "it was fastest in every comparison, but has too few samples for an interval of its time",
        ),
    ],
)
def test_a_clear_winner_is_hedged_where_its_time_is_uncertain(first: dict[str, Any], said: str) -> None:
    ranking = rank([row("fft", 1.0, 1.0, **first), row("torch", 2.0, 2.0, **first)])
    assert ranking.verdict is Verdict.CLEAR
    assert fastest_words(ranking, "it") == said


def test_a_winner_far_ahead_of_one_without_a_ratio_only_took_the_least_time() -> None:
    wild = row("loops", 90.0, 90.0, **NOISY, over_best_low=None, over_best_high=None)
    ranking = rank([row("fft", 1.0, 1.0, flags=(Flag.NOISY,)), wild])
    assert ranking.verdict is Verdict.CLEAR
    assert fastest_words(ranking, "it") == "it took the least time, but the machine was busy: its time is uncertain"


def test_the_leader_is_the_fastest_or_on_a_busy_machine_the_one_that_took_the_least() -> None:
    ranking = rank(
        [
            row("fft", 1.0, 1.0),
            row("torch", 1.02, 1.02),
            row("loops", 0.9, 0.95, **NOISY, over_best_low=None, over_best_high=None),
        ]
    )
    assert (leader(ranking, is_busy=False).implementation, leader(ranking, is_busy=True).implementation) == (
        "fft",
        "loops",
    )
    assert (ties(ranking, is_busy=False), ties(ranking, is_busy=True)) == (("undecided: too noisy",), ())


def test_ties_are_named() -> None:
    ranking = rank([row("fft", 1.0, 1.0), row("torch", 1.005, 1.005)])
    assert ties(ranking, is_busy=False) == ("torch",)
