"""The answer of a run: its table, and three sentences that say no more than the intervals allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.report.sections import answer, overview
from bench.report.sections.answer import Line
from bench.report.sections.study import Study
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.synthetic_run import fault, layers, make_run, ok, points

AXIS = {"kernel": ["3", "1"]}


def _study(*rows: Row, **more: Any) -> Study:
    return Study.of(make_run(rows, **more))


def _best(case: str, name: str, time_s: float, **more: Any) -> Row:
    return ok(
        case, name, time_s, time_s / 100, **({"over_best": 1.0, "over_best_low": 1.0, "over_best_high": 1.0} | more)
    )


def _other(case: str, name: str, time_s: float, over: float, **more: Any) -> Row:
    ends = {"over_best": over, "over_best_low": 0.97 * over, "over_best_high": 1.03 * over}
    return ok(case, name, time_s, time_s / 100, **(ends | more))


def _at(kernel: str) -> dict[str, Any]:
    return {"points": points({"kernel": kernel}), "descriptor": f"mb1ic8ih8oc8kh{kernel}"}


CLEAR = [_best("a", "fft", 1e-3), _other("a", "torch", 2.1e-3, 2.1)]
TIED = [_best("a", "fft", 1e-3), _other("a", "torch", 1.01e-3, 1.01)]


@pytest.mark.parametrize(
    ("rows", "winner", "gain"),
    [
        (CLEAR, "Use fft, 1.000 ms: it is fastest.", "torch takes 2.10× [2.04–2.16] the time of fft."),
        (TIED, "Use fft or torch: they are tied at 1.000 ms.", "torch takes 1.01× [0.980–1.04] the time of fft."),
        (
            [_best("a", "torch", 1e-3), _other("a", "fft", 2e-3, 2.0)],
            "Use torch, 1.000 ms: it is fastest.",
            "torch itself is the fastest wherever it was timed.",
        ),
        (
            [_best("a", "fft", 1e-3), _other("a", "direct", 2e-3, 2.0)],
            "Use fft, 1.000 ms: it is fastest.",
            "Nothing is said against torch: it was not timed; add -i torch.",
        ),
        (
            [_best("a", "fft", 1e-3)],
            "Only fft was timed: 1.000 ms.",
            "Nothing is said against torch: it was not timed; add -i torch.",
        ),
        (
            [ok("a", "fft", 1e-3), ok("a", "torch", 1.2e-3)],
            "For now use fft, 1.000 ms: noise or missing intervals leave open whether it is the fastest.",
            "Nothing is said against torch: noise or missing intervals leave it open.",
        ),
    ],
    ids=["clear", "tie", "torch", "without torch", "alone", "no interval"],
)
def test_one_case_has_its_winner_and_its_gain(rows: list[Row], winner: str, gain: str) -> None:
    first, second, third = answer.sentences(_study(*rows))
    assert (first, second) == (winner, gain)
    assert third.startswith("How sure: ")


def test_many_cases_have_wins_ties_the_baseline_and_the_range() -> None:
    rows = [
        _best("3", "fft", 1e-3, **_at("3")), _other("3", "torch", 2e-3, 2.0, **_at("3")),
        _best("1", "direct", 1e-3, **_at("1")), _other("1", "torch", 1.01e-3, 1.01, **_at("1")),
    ]  # fmt: skip
    first, second, third = answer.sentences(_study(*rows, axes=AXIS))
    assert first == "Clearly fastest of 2 cases: fft in 1; 1 tie, where each of the tied will do."
    assert second == (
        "torch takes 2.00× [1.94–2.06] the time of fft (baseline); over 2 cases 1.01 to 2.00× that of the fastest."
    )
    assert third == (
        "How sure: 95 % intervals are ± 1.0 % in the middle and ± 1.0 % at worst; 0 of 4 times are uncertain."
    )


def test_an_open_case_is_no_win_of_torch() -> None:
    rows = [
        _best("3", "torch", 1e-3, **_at("3")), _other("3", "fft", 2e-3, 2.0, **_at("3")),
        ok("1", "fft", 1e-3, **_at("1")), ok("1", "torch", 1.2e-3, **_at("1")),
    ]  # fmt: skip
    study = _study(*rows, axes=AXIS)
    assert answer.sentences(study)[1] == (
        "torch itself is the fastest in 1 of 2 cases; noise or missing intervals leave the rest open."
    )
    assert answer.lines(study, study.groups[0])[1] == Line(
        "kernel 1", "fft", "1.000 ms", "–", ("undecided: too few samples",)
    )


def test_a_network_is_compared_as_a_whole() -> None:
    def row(make: Any, layer: str, *given: Any) -> Row:
        made: Row = make(layer, *given, points=(), layers=layers(("net", layer, 2)))
        return made

    study = _study(
        row(_best, "a", "fft", 1e-3), row(_other, "a", "torch", 3e-3, 3.0),
        row(_best, "b", "torch", 1e-3), row(_other, "b", "fft", 2e-3, 2.0),
    )  # fmt: skip
    # Twice each layer: 4 ms against 8 ms; opposite ends of ± 1 %.
    assert answer.sentences(study)[1].startswith(
        "torch takes 2.00× [1.96–2.04] the time of the best of each layer over all of net"
    )


def test_the_table_has_a_line_for_each_case() -> None:
    rows = [
        _best("3", "fft", 1e-3, **_at("3")), _other("3", "direct", 1.01e-3, 1.01, **_at("3")),
        _other("3", "torch", 2e-3, 2.0, **_at("3")), _best("1", "torch", 1e-3, **_at("1")),
        fault("1", "fft", "unsupported", "no", **_at("1")),
    ]  # fmt: skip
    study = _study(*rows, axes=AXIS)
    assert answer.lines(study, study.groups[0]) == (
        Line("baseline", "fft", "1.000 ms", "2.00×", ("direct",)),
        Line("kernel 1", "torch", "1.000 ms", "itself", ()),
    )


def test_where_most_times_are_noisy_the_first_sentence_says_so_and_no_winner_is_named() -> None:
    rows = [_best("a", "fft", 1e-3, flags=(Flag.NOISY,)), _other("a", "torch", 1.01e-3, 1.01, flags=(Flag.NOISY,)),
            _other("a", "direct", 2e-3, 2.0)]  # fmt: skip
    study = _study(*rows)
    first, *rest = answer.sentences(study)
    assert first.startswith(
        "The machine was busy: 2 of 3 times are uncertain (disturbed, or with too wide an interval)."
    )
    assert first.endswith("No winner is named.")
    assert "--threads 1" in first
    assert "--budget" in first
    assert not any("fast" in sentence or "tie" in sentence.split() for sentence in rest)
    assert answer.lines(study, study.groups[0]) == (Line("baseline", "fft", "1.000 ms", "–", ()),)


@pytest.mark.parametrize(("wide", "says_so"), [(1, False), (2, True)])
def test_a_bad_hour_is_the_first_sentence(wide: int, says_so: bool) -> None:
    """Of four times one is wide, or two: winners are named all the same."""
    rows = [_best("a", "fft", 1e-3), _other("a", "torch", 2e-3, 2.0), _other("a", "direct", 3e-3, 3.0)]
    rows = [*rows, _other("a", "im2col", 4e-3, 4.0)]
    for number in range(wide):
        rows[-1 - number] = replace(rows[-1 - number], time_low_s=0.9 * (4 - number) * 1e-3)
    study = _study(*rows)
    first, *rest = answer.sentences(study)
    # On the first screen of the page too.
    assert (answer.limits(study)[0] == first) is says_so
    if says_so:
        assert first == (
            "A bad hour, or too short a run: 2 of 4 times are known to no better than ± 5.0 %. "
            "Close other programs, or measure longer (--budget 20m)."
        )
        first = rest[0]
    assert first.startswith("Use fft, 1.000 ms")


def test_some_noisy_times_are_counted() -> None:
    rows = [_best("a", "fft", 1e-3, flags=(Flag.NOISY,)), _other("a", "torch", 2e-3, 2.0)]
    assert answer.sentences(_study(*rows))[2].endswith(
        "; 1 of 2 times is uncertain (disturbed, or with too wide an interval): close other programs."
    )


@pytest.mark.parametrize(("processes", "is_said"), [(1, True), (3, False), (None, False)])
def test_one_process_is_said_to_know_no_others(processes: int | None, is_said: bool) -> None:
    study = _study(_best("a", "fft", 1e-3), configuration={"processes": processes})
    words = "One process: its interval leaves out how much processes differ."
    assert answer.sentences(study)[-1].endswith(words) is is_said
    assert (words in overview.conditions(study)) is is_said


def test_wild_intervals_have_no_number() -> None:
    rows = [ok("a", "fft", 1e-3, 1e-5), ok("a", "torch", 1e-3, 1e-5), ok("a", "loops", 1.0, 230.0, time_low_s=1e-9)]
    assert (
        " ± 1.0 % in the middle and ± 1.0 % at worst, 1 without a usable one; " in answer.sentences(_study(*rows))[-1]
    )


def test_a_run_without_times_says_so() -> None:
    assert answer.sentences(_study(fault("a", "fft", "failed", "n"))) == ("Nothing was timed.",)
