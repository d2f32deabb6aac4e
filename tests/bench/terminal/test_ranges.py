"""The table of `convcost validate --range`: 80 columns, reaches in words, reasons below."""

from __future__ import annotations

import pytest

from bench.gate.range import Reach, Scales
from bench.run.ranges import MeasuredRange, Ranges
from bench.terminal.ranges import show
from impls import Case, ConvProblem

CASE = Case(ConvProblem.parse("mb1ic32ih14oc32kh3ph1"))
TAPS, TILE = Reach(3, 3, is_least=True, crosses=False), Reach(7, 7, is_least=False, crosses=False)
IMAGE, ALL = Reach(14, 14, is_least=False, crosses=False), Reach(14, 14, is_least=False, crosses=True)
FOUND = Ranges(
    (
        MeasuredRange("implicit-gemm", CASE, Scales(-70, 60), TAPS, TAPS),
        MeasuredRange("winograd-f6", CASE, Scales(-64, 58), TILE, TILE),
        MeasuredRange("fft", CASE, Scales(-63, 60), IMAGE, ALL),
        MeasuredRange("mine", CASE, Scales(None, None), TAPS, TAPS),
        MeasuredRange("cudnn", CASE, reason="runs on cuda, not on cpu"),
        MeasuredRange("dies", CASE, reason="its process ended", failed=True),
    ),
    {CASE: Scales(-70, 60)},
    left_out=1,
)


def test_ranges_are_shown_in_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show(FOUND)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    cells = {
        parts[0]: parts[1:] for line in lines if len(parts := [c.strip() for c in line.strip("│").split("│")]) == 5
    }
    assert cells["implicit-gemm"] == ["8e-22", "1e+18", "its taps", "its taps"]
    assert cells["winograd-f6"] == ["5e-20", "3e+17", "up to 7 × 7", "up to 7 × 7"]
    assert cells["fft"][2:] == ["the whole image", "beyond its image"]
    assert cells["mine"][:2] == ["wrong", "wrong"]
    assert cells["(the type)"] == ["8e-22", "1e+18", "", ""]
    text = "\n".join(lines)
    assert "unsupported: cudnn (runs on cuda, not on cpu)" in text
    assert "failed: dies (its process ended)" in text
    assert "stopped by --limit: 1 implementation left out" in text
