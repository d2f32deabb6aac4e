"""Predictions beside measured rows."""

from __future__ import annotations

import pytest

from bench.predict import time_model
from bench.predict.beside import beside, model_of
from bench.terminal.beside import show
from tests.bench.predict.simulated_times import CALL_S, CPU, MAC_S, lines, table
from tests.bench.report.synthetic_run import ok

CASE = "mb1ic96ih55oc64kh3ph1"


def test_each_row_has_the_prediction_of_its_subject(capsys: pytest.CaptureFixture[str]) -> None:
    model, _ = time_model.fit({CPU: table(lines(), CPU, noise=0.02)}, "macs-floor", {})
    near = CALL_S + MAC_S * 96 * 64 * 9 * 55 * 55
    rows = [ok(CASE, "torch", near), ok(CASE, "torch", 100 * near), ok(CASE, "fft", near)]
    fine, slow, unknown = beside(model, rows)
    assert fine.time_s == pytest.approx(near, rel=0.4)
    assert (fine.is_inside_interval, slow.is_inside_interval, unknown.is_inside_interval) == (True, False, None)
    assert unknown.as_dict() == dict.fromkeys(("predicted_s", "predicted_lo_s", "predicted_hi_s", "predicted_outside"))
    show([fine, slow, unknown])
    out = capsys.readouterr().out
    assert "not in the model" in out
    assert "1 of 2 times in the 90 % interval" in out
    assert model_of(None) is None
