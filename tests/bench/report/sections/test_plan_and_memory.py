"""The section shows roofline, plan and memory of the baseline case, with dashes where unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.report.document.blocks import Table
from bench.report.sections import plan_and_memory
from bench.report.sections.study import Study
from bench.store.schema import Row
from bench.store.status import Flag
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1"]}


def _row(case: str, name: str, time_s: float, kernel: str, **more: Any) -> Row:
    return ok(case, name, time_s, time_s / 100, points=points({"kernel": kernel}), **more)


ROWS = [
    _row("wide", "torch", 9.0, "1", plan_s=1.0, direct_flops=10**12),
    _row("base", "torch", 2e-3, "3", plan_s=1e-6, first_call_s=5e-3, break_even_calls=1,
         break_even_first_time_calls=1, roofline_fraction=0.25),
    _row("base", "winograd-f4", 1e-3, "3", plan_s=0.1, jit_s=0.5, break_even_calls=101,
         break_even_first_time_calls=50101, roofline_fraction=0.125,
         algorithm="winograd", executed_flops=10**8, workspace_bytes=2048, plan_bytes=4096, peak_bytes=3 * 2**20),
]  # fmt: skip


PEAK = {"device": "cpu", "threads": 2, "levels": [], "failed": [],
        "peaks": [{"precision": "fp32", "flops_per_s": 8e11, "method": "fma"}]}  # fmt: skip


def test_the_baseline_case_is_shown_with_its_known_costs() -> None:
    """The same share for all: direct FLOPs over time and peak. A library that hides its FLOPs has no roofline."""
    (section,) = plan_and_memory.sections(Study.of(make_run(ROWS, axes=AXES, calibration=[PEAK])))
    (shown,) = (block for block in section.blocks if isinstance(block, Table))
    cells = [[cell.text for cell in row] for row in shown.rows]
    assert cells == [
        ["winograd-f4", "1.000 ms", "120 %", "500.0 ms", "100.0 ms", "–", "101 calls", "2.0 KiB", "4.0 KiB", "3.0 MiB"],
        ["torch", "2.000 ms", "62 %", "–", "1.000 µs", "5.000 ms", "1 call", "–", "–", "–"],
    ]  # fmt: skip
    assert [row[6].small for row in shown.rows] == ["first time: 50,101", ""]
    assert [row[2].small for row in shown.rows] == ["12 % of its roofline", ""]
    (answer,) = section.answers
    assert answer.endswith(
        "It pays off from 101 calls on with its code compiled, from 50,101 the first time on a machine; for fewer "
        "calls, torch finishes first."
    )


def test_a_compiled_plan_says_so_where_the_first_time_is_unknown() -> None:
    rows = [replace(row, break_even_first_time_calls=None) for row in ROWS]
    (section,) = plan_and_memory.sections(Study.of(make_run(rows, axes=AXES, calibration=[PEAK])))
    assert "pays off from 101 calls on with its code compiled; for fewer calls, torch" in section.answers[0]


def test_a_noisy_time_has_no_share_and_no_payback() -> None:
    wild: dict[str, Any] = {"time_low_s": 1e-5, "time_high_s": 5e3, "flags": (Flag.WIDE_INTERVAL,)}
    rows = [replace(ROWS[1], **wild), ROWS[2]]
    (section,) = plan_and_memory.sections(Study.of(make_run(rows, axes=AXES, calibration=[PEAK])))
    (shown,) = (block for block in section.blocks if isinstance(block, Table))
    assert [(row[1].text, row[1].small, row[2].text, row[2].small, row[6].text) for row in shown.rows] == [
        ("1.000 ms", "", "120 %", "12 % of its roofline", "–"),
        ("2.000 ms", "too noisy", "–", "", "–"),
    ]
    assert section.answers == ("On base, winograd-f4 takes 1.000 ms per call after a plan of 100.0 ms.",)
    rows = [replace(row, **(wild | {"time_s": row.time_s})) for row in ROWS[1:]]
    (section,) = plan_and_memory.sections(Study.of(make_run(rows, axes=AXES)))
    assert section.answers == ("On base, the times are too noisy for an interval.",)


def test_without_axes_the_case_with_most_flops_is_shown() -> None:
    (section,) = plan_and_memory.sections(Study.of(make_run(ROWS)))
    assert "On wide, torch takes 9.000 s per call" in section.answers[0]


def test_a_run_without_plans_has_no_section() -> None:
    assert plan_and_memory.sections(Study.of(make_run([ok("a", "torch", 1.0)]))) == ()
