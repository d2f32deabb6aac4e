"""What stands beside the time: of the baseline case, with dashes for what is not known."""

from __future__ import annotations

from typing import Any

from bench.calibration.value import Calibration, Level, Peak
from bench.report.document.blocks import Table
from bench.report.sections import beside, method
from bench.report.sections.study import Study
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok, points

AXES = {"kernel": ["3", "1"]}


def _row(case: str, name: str, time_s: float, kernel: str, **more: Any) -> Row:
    return ok(case, name, time_s, points=points({"kernel": kernel}), **more)


ROWS = [
    _row("wide", "torch", 9.0, "1", plan_s=1.0, direct_flops=10**12),
    _row("base", "torch", 2e-3, "3", plan_s=1e-6, first_call_s=5e-3, break_even_calls=1, roofline_fraction=0.25),
    _row("base", "winograd-f4", 1e-3, "3", plan_s=0.1, jit_s=0.5, break_even_calls=101, roofline_fraction=0.125,
         algorithm="winograd", executed_flops=10**8, workspace_bytes=2048, plan_bytes=4096, peak_bytes=3 * 2**20),
]  # fmt: skip


def test_the_baseline_case_is_shown_with_what_is_known_of_it() -> None:
    (section,) = beside.sections(Study.of(make_run(ROWS, axes=AXES)))
    (shown,) = (block for block in section.blocks if isinstance(block, Table))
    cells = [[cell.text for cell in row] for row in shown.rows]
    assert cells == [
        ["winograd-f4", "1.000 ms", "12 %", "500.0 ms", "100.0 ms", "–", "101 calls", "2.0 KiB", "4.0 KiB", "3.0 MiB"],
        ["torch", "2.000 ms", "≥ 25 %", "–", "1.000 µs", "5.000 ms", "1 call", "–", "–", "–"],
    ]
    (answer,) = section.answers
    assert answer.endswith("pays from 101 calls on; for fewer, torch is done first.")


def test_without_axes_the_case_with_most_flops_stands_for_the_rest() -> None:
    (section,) = beside.sections(Study.of(make_run(ROWS)))
    assert "On wide, torch takes 9.000 s" in section.answers[0]


def test_a_run_without_plans_has_no_such_section() -> None:
    assert beside.sections(Study.of(make_run([ok("a", "torch", 1.0)]))) == ()


def test_the_ceilings_of_the_run_are_told() -> None:
    levels = (Level("L1", 2**15, 1e12, "read"), Level("memory", None, None))
    calibration = Calibration("cpu", 2, (Peak("fp32", 2e11, "fma"),), levels)
    section = method.section(Study.of(make_run(ROWS, calibration=[calibration.to_dict()])))
    tables = [block for block in section.blocks if isinstance(block, Table) and block.head[:2] == ("on", "ceiling")]
    assert [[cell.text for cell in row] for row in tables[0].rows] == [
        ["cpu, 2 threads", "fp32 arithmetic", "200 GFLOP/s", "fma"],
        ["cpu, 2 threads", "L1", "1000 GB/s", "read"],
    ]
