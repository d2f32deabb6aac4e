"""The section names the fastest of each case, and rates an implementation that only chooses."""

from __future__ import annotations

import pytest

from bench.report.document.blocks import Table
from bench.report.sections import winners
from bench.report.sections.study import Study
from bench.store.schema import Row
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
    assert first.endswith(", 2 cases: fft is clearly fastest in 2.")
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


def test_without_times_the_section_says_so() -> None:
    assert winners.section(Study.of(make_run([fault("a", "fft", "failed", "n")]))).answers == ("Nothing was timed.",)
