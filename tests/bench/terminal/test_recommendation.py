"""The answer of `convcost measure`: what to use, how sure that is, and the line of Python that calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

import impls
from bench.rows.ranking import rank
from bench.store.schema import Row
from bench.store.status import Flag
from bench.terminal import console, recommendation
from impls import ConvProblem


def row(name: str, over_best: float, low: float | None = None, **more: Any) -> Row:
    """A row with an interval of its time; of its ratio only with `low`."""
    known: dict[str, Any] = {
        "descriptor": "mb1ic64ih56oc64kh3ph1", "time_low_s": 0.99 * over_best, "time_high_s": 1.01 * over_best,
        "over_best_low": low, "over_best_high": None if low is None else 1.1 * over_best,
    }  # fmt: skip
    return Row(implementation=name, time_s=over_best, over_best=over_best, **(known | more))


BEST = row("winograd-f4", 1.0, 1.0)
WILD: dict[str, Any] = {"time_low_s": None, "time_high_s": None, "flags": (Flag.NOISY, Flag.WIDE_INTERVAL)}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([BEST], "Only winograd-f4 was timed: there is nothing to compare it with."),
        (
            [BEST, row("torch", 1.5, 1.4)],
            "Use winograd-f4: it is fastest. The next, torch, takes 1.50× its time (95 % interval 1.40–1.65).",
        ),
        ([BEST, row("torch", 1.5)], "Use winograd-f4: it is fastest. The next, torch, takes 1.50× its time."),
        (
            [BEST, row("auto", 1.01, 0.99, delegate="fft"), row("torch", 1.02, 0.99)],
            "Use winograd-f4. Tied with it, at most 10 % apart: auto (fft), torch.",
        ),
        (
            [BEST, row("torch", 1.3, 0.9), row("direct", 2.0, 1.9)],
            "For now use winograd-f4: it took the least time, but may be no faster than torch.",
        ),
        (
            [BEST, replace(row("torch", 0.95, 0.9, over_best_high=1.0), time_s=1.3)],
            "For now use winograd-f4: it took the least time, but may be no faster than torch.",
        ),
        (
            [BEST, row("loops", 90.0, time_low_s=None, time_high_s=None)],
            "Use winograd-f4: it is fastest. The next, loops, takes 90.0× its time.",
        ),
        (
            # `auto` ran another's code in less time than this one's own run took.
            [BEST, row("auto", 0.8, delegate="winograd-f6"), row("winograd-f6", 0.98, **WILD)],
            "For now use winograd-f4: it has the least time of those with an interval but for auto (winograd-f6), but "
            "may be no faster than winograd-f6.",
        ),
        (
            [row("winograd-f4", 1.0, 1.0, **WILD), row("torch", 1.5, 1.4, **WILD)],
            "Use winograd-f4: it was fastest in every comparison, but the machine was busy: its time is uncertain. "
            "The next, torch, takes 1.50× its time (95 % interval 1.40–1.65).",
        ),
        (
            [row("winograd-f4", 1.0, 1.0, **WILD), row("torch", 1.3, 0.9, **WILD)],
            "No time is sure. For now use winograd-f4, which took the least, and measure again.",
        ),
    ],
)
def test_the_answer_says_what_to_use_and_how_sure_it_is(rows: list[Row], said: str) -> None:
    assert list(recommendation.lines(rank(rows)))[-2] == said


def test_a_busy_machine_is_said_first_with_what_helps() -> None:
    first, *_ = recommendation.lines(rank([row("winograd-f4", 1.0, 1.0, **WILD), row("torch", 1.3, 0.9, **WILD)]))
    assert first.startswith(
        "The machine was busy: 2 of 2 times are uncertain (disturbed, or with too wide an interval). What helps: "
    )
    assert "--threads 1" in first


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((3, 9001), "pays from 3 calls on with its code compiled, from 9,001 calls the first time on a machine; for"),
        ((3, None), "pays from 3 calls on; for fewer, start with torch."),
        ((3, 3), "pays from 3 calls on; for fewer, start with torch."),
        ((1, 9001), "pays from 1 call on with its code compiled, from 9,001 calls the first time on a machine; for"),
        ((1, 1), None),
        ((None, None), None),
    ],
)
def test_a_plan_pays_from_two_numbers_of_calls(numbers: tuple[int | None, int | None], said: str | None) -> None:
    calls, first_time = numbers
    best = row("winograd-f4", 1.0, 1.0, break_even_calls=calls, break_even_first_time_calls=first_time)
    starter = row("torch", 1.5, 1.4, break_even_calls=1, break_even_first_time_calls=1)
    lines = list(recommendation.lines(rank([best, starter])))
    if said is None:
        assert len(lines) == 2
    else:
        assert said in lines[0]
        assert lines[0].endswith("start with torch.")


def test_a_compiled_plan_says_so_where_the_first_time_is_unknown() -> None:
    best = row("winograd-f4", 1.0, 1.0, break_even_calls=3, jit_s=45.0)
    lines = list(recommendation.lines(rank([best, row("torch", 1.5, 1.4, break_even_calls=1)])))
    assert "pays from 3 calls on with its code compiled; for fewer, start with torch." in lines[0]


@pytest.mark.parametrize("columns", ["40", "80", ""])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"bias": True, "precision": "fp64", "layout": "nhwc"},
        {"descriptor": "g2mb2ic6ih9iw11oc4kh3kw1sh2sw1ph1pw0dh1dw0"},
        {"descriptor": ConvProblem(1, 4, (8, 9), 4, (2, 3), (1, 1), ((0, 1), (2, 0)), (1, 1), 1).descriptor},
    ],
)
def test_the_line_of_python_runs_as_it_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    found = row("torch", 1.0, **more)
    console.print_line(recommendation.call(found))
    problem = ConvProblem.parse(found.descriptor, bias=found.bias)
    dtype = torch.float64 if found.precision == "fp64" else torch.float32
    place: dict[str, Any] = {
        "x": torch.ones(problem.batch, problem.in_channels, *problem.size, dtype=dtype),
        "w": torch.ones(problem.out_channels, problem.in_channels // problem.groups, *problem.kernel, dtype=dtype),
        "bias": torch.zeros(problem.out_channels, dtype=dtype),
        "impls": impls,
    }
    exec(capsys.readouterr().out, place)
    assert tuple(place["y"].shape) == problem.output_shape
