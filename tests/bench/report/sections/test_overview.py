"""The section shows the extent of the run and its faults."""

from __future__ import annotations

from bench.report.document.blocks import Alert, Cell, Table
from bench.report.sections import overview
from bench.report.sections.study import Study
from bench.store.status import Flag
from tests.bench.report.synthetic_run import make_run, ok, whole_sweep


def _rows(alert: Alert) -> tuple[tuple[Cell, ...], ...]:
    return next(block.rows for block in alert.blocks if isinstance(block, Table))


def test_faults_are_shown_with_their_reasons() -> None:
    first = overview.section(Study.of(whole_sweep()))
    (alert,) = (block for block in first.blocks if isinstance(block, Alert))
    assert "1 wrong, 1 crashed" in alert.title
    assert {row[3].text for row in _rows(alert)} == {
        "error_share 3.1 exceeds 1",
        "the worker died of signal 11",
    }


def test_the_flags_are_explained() -> None:
    section = overview.section(Study.of(make_run([ok("a", "torch", 1.0, flags=(Flag.NOISY,))])))
    assert any("† marks a time with a warning: noisy (1)." in str(block) for block in section.blocks)
