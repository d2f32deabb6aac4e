"""The stretches say who finishes first after how many calls, by plan + calls × time."""

from __future__ import annotations

from bench.report.findings.plan_lines import PlanAgainstRun, plan_against_run
from bench.report.sections.study import Study
from bench.store.schema import Row
from tests.bench.report.synthetic_run import make_run, ok


def _of(*rows: Row) -> PlanAgainstRun | None:
    (ranking,) = Study.of(make_run(rows)).rankings
    return plan_against_run(ranking)


def _row(name: str, time_s: float, plan_s: float | None, **more: object) -> Row:
    return ok("a", name, time_s, time_s / 100, plan_s=plan_s, **more)


def test_each_stretch_begins_where_a_faster_one_has_earned_its_plan() -> None:
    found = _of(_row("torch", 3e-3, 0.0), _row("direct", 2e-3, 0.0105), _row("fft", 1e-3, 0.1))
    assert found is not None
    assert [(s.calls, s.line.result.implementation) for s in found.stretches] == [
        (1, "torch"), (11, "direct"), (90, "fft"),
    ]  # fmt: skip
    for stretch in found.stretches[1:]:
        assert found.first(stretch.calls).result is stretch.line.result
        assert found.first(stretch.calls - 1).result is not stretch.line.result


def test_what_never_pays_has_no_stretch() -> None:
    found = _of(_row("torch", 1e-3, 0.0), _row("direct", 2e-3, 0.0))
    assert found is not None
    assert [s.line.result.implementation for s in found.stretches] == ["torch"]
    late = _of(_row("torch", 1.0000001e-3, 0.0), _row("direct", 1e-3, 1e3))
    assert late is not None
    assert len(late.stretches) == 1


def test_the_plan_is_that_with_compiled_code_where_it_is_known() -> None:
    found = _of(_row("torch", 3e-3, 0.0), _row("direct", 2e-3, 5.0, plan_cached_s=0.01))
    assert found is not None
    assert [line.plan_s for line in found.lines if line.result.implementation == "direct"] == [0.01]


def test_without_two_plans_there_is_nothing_to_compare() -> None:
    assert _of(_row("torch", 3e-3, 0.0), _row("direct", 2e-3, None)) is None
