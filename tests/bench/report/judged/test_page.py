"""The page on how good predictors are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.predict.judged.judgement import PredictorScores, judge
from bench.predict.predictors import all_predictors
from bench.predict.tables.quantities import TIME
from bench.report.judged import page
from tests.bench.predict.simulated_times import GPU, lines, table


def test_the_page_has_every_predictor_its_errors_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tuple(all_predictors.get(name) for name in ("flops", "macs-floor"))
    monkeypatch.setattr("bench.predict.judged.judgement.PREDICTORS", few)
    judged = judge({GPU: table(lines(), noise=0.02)}, "line")
    origin = page.JudgedOrigin({"cpu": "forged"}, [Path("times.csv")], "line")
    page.write(judged, TIME, origin, tmp_path / "judged.html")
    text = (tmp_path / "judged.html").read_text()
    assert "<script" not in text
    again = "convcost fit times.csv -o model.json --leave-out line"
    for part in ("macs-floor", "flops", "torch on cuda in fp32", again, "forged"):
        assert part in text
    error = next(one.all.median for one in judged.scores if one.predictor == "macs-floor")
    assert f"{error:.1%}" in text


def test_without_rows_left_out_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="add --leave-out line, family or kind"):
        page.write(PredictorScores(), TIME, page.JudgedOrigin({}, [], "line"), tmp_path / "judged.html")
    assert not list(tmp_path.iterdir())
