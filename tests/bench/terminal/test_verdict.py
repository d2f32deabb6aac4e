"""The sentences on a case: the fastest, ties, missing intervals, choices, noise."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store.schema import Row
from bench.store.status import Flag
from bench.terminal import verdict


def _row(name: str, over_best: float, low: float | None, **more: Any) -> Row:
    """A row with an interval of its time and of its ratio; without either if `low` is None."""
    ends = {} if low is None else {"time_low_s": 0.99 * over_best, "time_high_s": 1.01 * over_best}
    high = None if low is None else 1.1 * over_best
    return Row(
        implementation=name, time_s=over_best, over_best=over_best, over_best_low=low, over_best_high=high,
        **(ends | more),
    )  # fmt: skip


BEST = _row("winograd-f4", 1.0, 1.0)
TIED, SLOWER = _row("torch", 1.02, 0.99), _row("direct", 1.5, 1.4)
LOOPS = _row("loops", 500.0, None)


@pytest.mark.parametrize(
    ("timed", "said", "unsaid"),
    [
        ([BEST], "Only winograd-f4 was timed.", "fastest"),
        ([BEST, SLOWER], "winograd-f4 is fastest (", "is tied"),
        ([BEST, TIED, SLOWER], "winograd-f4 is tied with torch (", "direct"),
        # 500 times as slow is no tie, even with few samples.
        ([BEST, SLOWER, LOOPS], "winograd-f4 is fastest (", "is tied"),
        ([BEST, SLOWER, LOOPS], "Too few samples for an interval: loops (500×).", "direct"),
        ([BEST, TIED, LOOPS], "is tied with torch (", "torch, loops"),
        ([BEST, LOOPS], "winograd-f4 is fastest (", "undecided"),
        # Without an interval of a close runner-up, no candidate is called fastest.
        ([BEST, _row("torch", 1.01, None), SLOWER], "winograd-f4 took the least time, but", "is fastest"),
    ],
)
def test_the_fastest_is_named_with_those_tied_with_it(timed: list[Row], said: str, unsaid: str) -> None:
    text = verdict.of(timed)
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("delegate", "over_best", "said"),
    [
        ("winograd-f4", 1.01, "auto ran winograd-f4, the fastest."),
        ("torch", 1.03, "auto ran torch, which is tied with the fastest."),
        ("direct", 1.52, "auto ran direct: 1.52× winograd-f4's time."),
    ],
)
def test_the_choice_of_auto_is_named_and_compared(delegate: str, over_best: float, said: str) -> None:
    # If it were ranked, it would tie with its own choice.
    auto = _row("auto", over_best, 0.9, delegate=delegate)
    text = verdict.of([BEST, auto, TIED, SLOWER])
    assert text.startswith("winograd-f4 is tied with torch (")
    assert said in text


def test_a_chooser_competes_if_its_choice_was_not_measured() -> None:
    auto = _row("auto", 1.0, 1.0, delegate="fft")
    assert verdict.of([auto, SLOWER]).startswith("auto (fft) is fastest (")


def test_the_starter_is_never_a_chooser() -> None:
    timed = [
        _row("auto", 0.99, 0.98, delegate="direct", break_even_calls=1),
        _row("winograd-f4", 1.0, 1.0, break_even_calls=7),
        _row("direct", 1.1, 1.05, break_even_calls=1),
    ]
    assert verdict.of(timed).endswith("winograd-f4 pays from 7 calls on; for fewer, start with direct.")


def test_a_few_noisy_rows_are_counted_last() -> None:
    text = verdict.of([BEST, _row("direct", 1.5, 1.4, flags=(Flag.NOISY,))])
    assert text.endswith(
        "1 of 2 times is uncertain (disturbed, or with too wide an interval): other programs were busy."
    )


def test_on_a_busy_machine_the_first_sentence_says_so_and_what_helps() -> None:
    """Found in the field: a tie of five at 554 µs, with loops at 49.7 ms and an interval of 12 µs to 5889 s."""
    noisy: dict[str, Any] = {"flags": (Flag.WIDE_INTERVAL, Flag.NOISY), "time_low_s": None, "time_high_s": None}
    timed = [
        _row("implicit-gemm", 1.0, 1.0, flags=(Flag.NOISY,)), _row("direct", 0.933, 0.5, **noisy),
        _row("fft", 1.07, 0.4, **noisy), _row("loops", 641.0, 0.9, **noisy),
    ]  # fmt: skip
    text = verdict.of(timed)
    assert text.startswith(
        "The machine was busy: 4 of 4 times are uncertain (disturbed, or with too wide an interval). "
        "What helps: close other programs, measure on one thread "
        "(--threads 1), or measure longer (--max-seconds 30). implicit-gemm has the least "
        "time of those with an interval, but"
    )
    assert text.endswith("Too noisy for an interval: direct, fft, loops.")
    assert "tied" not in text
    assert "×" not in text


def test_a_payback_within_the_noise_is_not_stated() -> None:
    timed = [_row("winograd-f4", 1.0, 1.0, break_even_calls=7), _row("direct", 1.02, 0.98, break_even_calls=1)]
    assert "pays from" not in verdict.of(timed)
