"""Costs by content in a terminal: a table a layer that fits, and the literature beside it."""

from __future__ import annotations

import pytest

from bench.report.sections.study import Study
from bench.terminal import contents
from tests.bench.report.findings.test_contents import on, run_of
from tests.bench.report.synthetic_run import measured

ROWS = [on("normal", "loops", 1e-3), on("subnormal", "loops", 5e-2)]


@pytest.mark.parametrize("with_joules", [False, True])
def test_each_layer_has_a_table_within_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, with_joules: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    energy = [measured(row, 1.0, 1e-3) for row in ROWS] if with_joules else []
    contents.show(Study.of(run_of(ROWS, energy)))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    text = " ".join(out.replace("│", " ").split())
    assert "Does the content of tensors change the cost of mb1ic8ih8oc8kh3 on cpu · fp32 · nchw · 2 threads?" in text
    assert "subnormal over normal" in text
    assert "arXiv 2409.18324" in text
    assert ("joules by content" in text) is with_joules


def test_a_run_on_one_content_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    contents.show(Study.of(run_of(ROWS[:1])))
    assert capsys.readouterr().out == ""
