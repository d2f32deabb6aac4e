"""The section names the fastest of each case, and rates an implementation that only chooses."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.document.blocks import Table
from bench.report.sections import answer, winners
from bench.report.sections.study import Study
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.synthetic_run import fault, make_run, ok, points

AXIS = {"kernel": ["3", "1"]}


def test_the_fastest_is_named_and_the_choices_of_auto_are_rated() -> None:
    rows = [
        row
        for k, delegate, time_s in (("3", "fft", 1.01e-3), ("1", "torch", 3e-3))
        for place in ({"points": points({"kernel": k}), "descriptor": f"mb1ic8ih8oc8kh{k}"},)
        for row in (
            ok(k, "fft", 1e-3, 1e-5, **place), ok(k, "torch", 2e-3, 1e-5, **place),
            ok(k, "auto", time_s, 1e-5, delegate=delegate, **place),
        )
    ]  # fmt: skip
    first, second = winners.answers(Study.of(make_run(rows, axes=AXIS)))
    assert first == "2 cases: fft is clearly fastest in 2."
    assert "auto chose the fastest, or one tied with it, in 1 of 2 cases" in second
    assert "at most 3.00× (kernel 1, where it chose torch)" in second


def test_the_choice_of_auto_has_a_column() -> None:
    rows = [ok("a", "fft", 1e-3, 1e-5), ok("a", "torch", 2e-3, 1e-5), ok("a", "auto", 3e-3, 1e-5, delegate="torch")]
    tables = [block for block in winners.section(Study.of(make_run(rows))).blocks if isinstance(block, Table)]
    (cases,) = (table for table in tables if table.head[0] == "case")
    assert cases.head[-1] == "chosen by auto"
    (row,) = cases.rows
    assert (row[2].text, row[-1].text, row[-1].small) == ("fft", "torch", "3.00× the fastest time")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ok("a", "x", 1.0, 0.1), ok("a", "y", 1.1, 0.1)], "no implementation is clearly fastest; 1 tie within the"),
        (
            [ok("a", "x", 1.0), ok("a", "y", 2.0)],
            "is clearly fastest; 1 undecided.",
        ),
        ([ok("a", "x", 1.0, 0.1)], "no implementation is clearly fastest; 1 with only one implementation."),
    ],
)
def test_undecided_cases_are_counted(rows: list[Row], said: str) -> None:
    (answer,) = winners.answers(Study.of(make_run(rows)))
    assert said in answer


def _cases(study: Study) -> Table:
    """The table of cases; it is the only one where wins are not counted."""
    tables = [block for block in winners.section(study).blocks if isinstance(block, Table)]
    (cases,) = (table for table in tables if table.head[0] == "case")
    return cases


def test_a_case_whose_times_are_all_too_noisy_has_what_took_the_least_and_no_winner() -> None:
    """As in the terminal: `bench.terminal.winners`."""
    wild: dict[str, Any] = {"time_low_s": 1e-5, "time_high_s": 5889.0, "flags": (Flag.WIDE_INTERVAL,)}
    rows = [ok("a", name, t, **wild) for name, t in (("x", 554e-6), ("y", 560e-6))]
    study = Study.of(make_run(rows))
    cases = _cases(study)
    assert cases.head == ("case", "problem", "took the least", "time")
    ((_, _, least, time),) = cases.rows
    (line,) = answer.lines(study, study.groups[0])
    assert (least.text, time.text.removesuffix(" †"), time.small) == (line.use, line.time, "no interval: too noisy")
    assert line.use == "x"


def test_a_case_of_noise_among_quiet_ones_is_undecided_as_in_the_terminal() -> None:
    wild: dict[str, Any] = {"time_low_s": 1e-5, "time_high_s": 5889.0, "flags": (Flag.WIDE_INTERVAL,)}
    noisy = [ok("a", name, t, **wild, points=points({"kernel": "3"})) for name, t in (("x", 554e-6), ("y", 560e-6))]
    quiet = [
        ok("b", name, t, t / 100, points=points({"kernel": "1"}))
        for name, t in zip("xyz", (1.0, 2.0, 3.0), strict=True)
    ]
    study = Study.of(make_run([*noisy, *quiet], axes=AXIS))
    first = _cases(study).rows[0]
    line = answer.lines(study, study.groups[0])[0]
    assert (first[2].text, first[2].small) == ("x", "undecided: too noisy")
    assert (line.use, line.tied) == ("x", ("undecided: too noisy",))
    assert (first[3].text.removesuffix(" †"), first[6].text) == (line.time, "–")


def test_an_undecided_case_names_the_least_time_and_why() -> None:
    rows = [ok("a", "x", 1.0, 0.2), ok("a", "y", 1.3, 0.2)]
    tables = [block for block in winners.section(Study.of(make_run(rows))).blocks if isinstance(block, Table)]
    (cases,) = (table for table in tables if table.head[0] == "case")
    assert (cases.rows[0][2].text, cases.rows[0][2].small) == ("x", "undecided: within the noise")


def test_without_times_the_section_says_so() -> None:
    assert winners.section(Study.of(make_run([fault("a", "fft", "failed", "n")]))).answers == ("Nothing was timed.",)
