"""What is said of a case: winners, ties, missing intervals, choices."""

from __future__ import annotations

from typing import Any

import pytest

from bench.rows.delegation import competing
from bench.store.schema import Row
from bench.terminal import verdict


def _row(name: str, over_best: float, low: float | None, **more: Any) -> Row:
    return Row(implementation=name, time_s=over_best, over_best=over_best, over_best_low=low, **more)


BEST = _row("winograd-f4", 1.0, 1.0)
LEVEL, SLOWER = _row("torch", 1.02, 0.99), _row("direct", 1.5, 1.4)
LOOPS = _row("loops", 500.0, None)


@pytest.mark.parametrize(
    ("timed", "said", "unsaid"),
    [
        ([BEST], "winograd-f4 is fastest (", "Too few"),
        ([BEST, SLOWER], "winograd-f4 is fastest (", "not to be told"),
        ([BEST, LEVEL, SLOWER], "winograd-f4 is not to be told from torch (", "direct"),
        # 500 times as slow is no tie, however few the samples.
        ([BEST, SLOWER, LOOPS], "winograd-f4 is fastest (", "not to be told"),
        ([BEST, SLOWER, LOOPS], "Too few samples for an interval: loops (500×).", "direct"),
        ([BEST, LEVEL, LOOPS], "not to be told from torch (", "torch, loops"),
        # Where none has an interval nobody is said to be fastest.
        ([BEST, LOOPS], "winograd-f4 took the least time (", "is fastest"),
    ],
)
def test_who_is_fastest(timed: list[Row], said: str, unsaid: str) -> None:
    text = verdict.of(timed)
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("delegate", "over_best", "said"),
    [
        ("winograd-f4", 1.01, "auto ran winograd-f4, the fastest."),
        ("torch", 1.03, "auto ran torch, which is level with it."),
        ("direct", 1.52, "auto ran direct: 1.52× the fastest's time."),
    ],
)
def test_what_auto_chose(delegate: str, over_best: float, said: str) -> None:
    # A tie with its own choice, were it ranked.
    auto = _row("auto", over_best, 0.9, delegate=delegate)
    text = verdict.of([BEST, auto, LEVEL, SLOWER])
    assert text.startswith("winograd-f4 is not to be told from torch (")
    assert said in text


def test_what_chose_something_that_was_not_measured_stands_for_it() -> None:
    auto = _row("auto", 1.0, 1.0, delegate="fft")
    assert competing([auto, SLOWER]) == [auto, SLOWER]
    assert verdict.of([auto, SLOWER]).startswith("auto (fft) is fastest (")


def test_the_starter_is_one_that_computes() -> None:
    timed = [
        _row("auto", 0.99, 0.98, delegate="direct", break_even_calls=1),
        _row("winograd-f4", 1.0, 1.0, break_even_calls=7),
        _row("direct", 1.1, 1.05, break_even_calls=1),
    ]
    assert verdict.of(timed).endswith("winograd-f4 pays from 7 calls on; for fewer, start with direct.")


def test_a_busy_machine_is_told_of() -> None:
    assert "1 of 2 are noisy" in verdict.of([BEST, _row("direct", 1.5, 1.4, flags="noisy")])
