"""Fitting the cost model to times that follow a law, and the distribution of regret."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from forged_kernels import SMALL, outcome

from bench.kernels import fit, regret
from bench.kernels.random_shapes import shapes
from bench.kernels.shapes import Shape
from bench.kernels.trial import Measured
from impls import cost_model
from impls.auto import CHOICES, cheapest

FP32 = {"fp32": 1.0}


def _law(name: str, shape: Shape) -> float:
    """Direct costs by the product, FFT by the image: either may win."""
    p = shape.problem
    return 1e-6 + (1e-11 * p.direct_flops if name == "direct" else 4e-9 * (p.outputs + np.prod(p.input_shape)))


def _measured(count: int, seed: int) -> list[Measured]:
    return [
        Measured(s, tuple(outcome(n, "nchw", _law(n, s), blocks=1) for n in ("direct", "fft")), 0.1)
        for s in shapes(count, seed, FP32)
    ]


def test_a_law_is_found_and_the_choice_is_good_on_other_shapes() -> None:
    model = fit.fit(fit.timings(_measured(300, 1)), {})
    ratios = []
    for m in _measured(100, 2):
        case = m.shape.case("nchw")
        times = {n: _law(n, m.shape) for n in ("direct", "fft")}
        picked = cheapest(case, model)
        assert picked in times
        ratios.append(times[picked] / min(times.values()))
    assert np.quantile(ratios, 0.9) < 1.1


def test_folds_are_foretold_by_the_others() -> None:
    ratios = fit.foretold(fit.timings(_measured(150, 3)))
    assert len(ratios) == 150
    assert min(ratios) >= 1.0
    assert np.quantile(ratios, 0.75) < 1.2


def test_too_few_shapes_make_no_model() -> None:
    assert fit.fit(fit.timings(_measured(5, 1)), {}).coefficients == {}


def test_the_same_times_make_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, written = tmp_path / "fit.json", tmp_path / "model.json"
    data = {
        "created_utc": "2026-01-01T00:00:00Z", "environment": {"cpu": "forged", "threads": 2}, "seed": 3,
        "shapes": [m.as_dict() for m in _measured(60, 3)],
    }  # fmt: skip
    source.write_text(json.dumps(data))
    files = []
    for _ in range(2):
        assert fit.main(["--from", str(source), "--write", str(written)]) == 0
        files.append(json.loads(written.read_text()))
    assert files[0]["coefficients"] == files[1]["coefficients"]
    assert set(files[0]["coefficients"]) == {"fp32 nchw direct", "fp32 nchw fft"}
    assert files[0]["features"] == list(cost_model.NAMES)
    assert (files[0]["made"]["cpu"], files[0]["made"]["shapes"]) == ("forged", 60)
    assert "60 cases; on shapes left out" in capsys.readouterr().out


def _regret(auto_s: float, **others_s: float) -> regret.Regret | None:
    found = [outcome(n, "nhwc", s) for n, s in others_s.items()]
    own = outcome("auto", "nhwc", auto_s)
    picked = replace(own, backend="direct: nothing")
    return regret.regret_of(Measured(Shape("random", SMALL, "random"), (*found, picked), 0.1))


def test_regret_is_over_the_best_of_the_others() -> None:
    found = _regret(1.2, direct=1.2, torch=1.0, fft=9.0)
    assert found is not None
    assert (found.picked, found.fastest, found.layout) == ("direct", "torch", "nhwc")
    assert found.ratio == pytest.approx(1.2)
    assert _regret(1.0) is None


@pytest.mark.parametrize(
    ("slow", "verdict", "fine"), [(0, "met", True), (15, "undecided", True), (60, "not met", False)]
)
def test_the_verdict_is_by_the_quantile(slow: int, verdict: str, fine: bool) -> None:
    good, bad = _regret(1.0, direct=1.0), _regret(1.5, torch=1.0)
    assert good is not None
    assert bad is not None
    found = regret.Regrets({"host": "forged"}, (*[good] * (100 - slow), *[bad] * slow), (), 1.0)
    assert (found.verdict, found.is_fine) == (verdict, fine)
    assert found.within.value == pytest.approx(1 - slow / 100)
    json.dumps(found.as_dict(), allow_nan=False)


def test_auto_is_tried_beside_all_that_it_chooses_among() -> None:
    first, second = regret.ask(2, 5, 0.5)
    assert {c.layout for c in first.candidates} != {c.layout for c in second.candidates}
    names = [c.implementation for c in first.candidates]
    assert names[-1] == "auto"
    assert set(names[:-1]) == set(regret.known_choices()) <= set(CHOICES)
