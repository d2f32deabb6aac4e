"""Fits the cost model to times that follow a law."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.kernels.shapes import Shape
from bench.predict import fit, fit_model
from bench.predict.fit_times import CaseTimes
from bench.predict.random_shapes import shapes
from bench.terminal.learn import show
from bench.worker.settings import Settings
from impls import cost_model
from impls.auto import cheapest

FP32 = {"fp32": 1.0}


def _law(name: str, shape: Shape) -> float:
    """Direct costs by the product, FFT by the image: either may win."""
    p = shape.problem
    return 1e-6 + (1e-11 * p.direct_flops if name == "direct" else 4e-9 * (p.outputs + np.prod(p.input_shape)))


def _timed(count: int, seed: int, precisions: dict[str, float] = FP32) -> list[CaseTimes]:
    """Times by the law, in one layout."""
    return [
        CaseTimes(s.case("nchw"), {n: _law(n, s) for n in ("direct", "fft")}) for s in shapes(count, seed, precisions)
    ]


def test_the_model_finds_a_law_and_chooses_well_on_other_shapes() -> None:
    model = fit_model.fit(fit_model.tables(_timed(300, 1)), {})
    ratios = []
    for t in _timed(100, 2):
        picked = cheapest(t.case, model)
        assert picked is not None
        ratios.append(t.times_s[picked] / t.best_s)
    assert np.quantile(ratios, 0.9) < 1.1


def test_times_of_one_precision_improve_the_model_of_another() -> None:
    """The shapes in fp64 alone are too few to find the law."""
    alone, few = _timed(16, 2, {"fp64": 1.0}), _timed(150, 1)
    tried = _timed(100, 3, {"fp64": 1.0})
    means = []
    for known in (alone, [*few, *alone]):
        model = fit_model.fit(fit_model.tables(known), {})
        means.append(float(np.mean([t.times_s[cheapest(t.case, model) or ""] / t.best_s for t in tried])))
    assert means[1] < min(1.04, means[0])


def test_the_fit_and_the_model_have_the_same_nearness() -> None:
    """With weights solved by another measure, the model would not reproduce its own times."""
    timed = [t for precision in ("fp32", "fp64") for t in _timed(40, 4, {precision: 1.0})]
    twice = [CaseTimes(replace(t.case, layout="nhwc"), {n: 1.5 * s for n, s in t.times_s.items()}) for t in timed]
    table = fit_model.tables([*timed, *twice])["direct"]
    near = fit_model.nearness(table)
    for i, a in enumerate(table.cases[::7]):
        for j, b in enumerate(table.cases):
            expected = cost_model.nearness(cost_model.place(a), cost_model.place(b))
            expected *= cost_model.alike(a.precision, b.precision, cost_model.OTHER_PRECISION)
            expected *= cost_model.alike(a.layout, b.layout, cost_model.OTHER_LAYOUT)
            assert near[7 * i, j] == pytest.approx(expected, rel=0.01)


def test_every_fold_is_predicted_by_the_others() -> None:
    ratios = fit.left_out_ratios(_timed(150, 3))
    assert len(ratios) == 150
    assert min(ratios) >= 1.0
    assert np.quantile(ratios, 0.75) < 1.2


def test_too_few_shapes_make_no_model() -> None:
    assert fit_model.fit(fit_model.tables(_timed(5, 1)), {}).coefficients == {}


def _write(file: Path, timed: list[CaseTimes]) -> None:
    """Write times as fit_times does."""
    lines = [
        {"seed": 3, "descriptor": t.case.problem.descriptor, "precision": t.case.precision,
         "measured_utc": "2026-01-01T00:00:00Z", "times_s": {"nchw": t.times_s, "nhwc": {}}}
        for t in timed
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, [{"machine": {"cpu": "forged", "threads": 2}}, *lines])) + "\n")


def test_the_same_times_make_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, written = tmp_path / "fit.jsonl", tmp_path / "model.json"
    _write(source, _timed(60, 3))
    files = []
    for _ in range(2):
        show(fit.fit_machine(0, 1, 1, Settings(1), source, written, print))
        files.append(json.loads(written.read_text()))
    assert files[0]["coefficients"] == files[1]["coefficients"]
    assert set(files[0]["coefficients"]) == {"fp32 nchw direct", "fp32 nchw fft"}
    assert files[0]["features"] == list(cost_model.NAMES)
    assert (files[0]["made"]["cpu"], files[0]["made"]["shapes"], files[0]["made"]["seeds"]) == ("forged", 60, [3])
    checked = files[0]["made"]["checked"]
    assert (checked["by"], checked["shapes"], checked["most"]) == ("five-fold cross-validation", 60, 1.1)
    assert 0 < checked["low"] <= checked["within"] <= checked["high"] <= 1
    assert "on 60 cases left out" in capsys.readouterr().out
