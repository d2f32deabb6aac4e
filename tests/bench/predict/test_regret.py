"""The regret of `auto`: its time over that of the best of its choices."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.estimates.conclusion import Conclusion
from bench.kernels.shapes import Shape
from bench.kernels.trials import ShapeResult
from bench.predict import regret
from impls.auto import CHOICES
from tests.bench.kernels.forged_kernels import SMALL, outcome


def _regret(auto_s: float, **others_s: float) -> regret.Regret | None:
    found = [outcome(n, "nhwc", s) for n, s in others_s.items()]
    own = outcome("auto", "nhwc", auto_s)
    picked = replace(own, backend="direct: nothing")
    return regret.regret_of(ShapeResult(Shape("random", SMALL, "random"), (*found, picked), 0.1))


def test_regret_is_the_time_over_the_best_of_the_others() -> None:
    found = _regret(1.2, direct=1.2, torch=1.0, fft=9.0)
    assert found is not None
    assert (found.picked, found.fastest, found.layout) == ("direct", "torch", "nhwc")
    assert found.ratio == pytest.approx(1.2)
    assert _regret(1.0) is None


@pytest.mark.parametrize(
    ("slow", "verdict", "fine"),
    [(0, Conclusion.MET, True), (15, Conclusion.UNDECIDED, True), (60, Conclusion.NOT_MET, False)],
)
def test_the_quantile_decides_the_verdict(slow: int, verdict: Conclusion, fine: bool) -> None:
    good, bad = _regret(1.0, direct=1.0), _regret(1.5, torch=1.0)
    assert good is not None
    assert bad is not None
    found = regret.Regrets({"host": "forged"}, (*[good] * (100 - slow), *[bad] * slow), (), 1.0)
    assert (found.verdict, found.is_fine) == (verdict, fine)
    assert found.within.value == pytest.approx(1 - slow / 100)
    json.dumps(found.as_dict(), allow_nan=False)
    busy = replace(found, others=0.5)
    assert busy.verdict == (Conclusion.BUSY if verdict is Conclusion.NOT_MET else verdict)
    assert busy.is_fine


def test_auto_is_timed_with_all_of_its_choices() -> None:
    first, second = regret.trials(quick=True, seed=5, max_seconds=0.5)[:2]
    assert {c.layout for c in first.trial.entrants} != {c.layout for c in second.trial.entrants}
    names = [c.implementation for c in first.trial.entrants]
    assert names[-1] == "auto"
    assert set(names[:-1]) == set(regret.known_choices()) <= set(CHOICES)


def test_given_layers_are_measured_in_both_layouts() -> None:
    shape = Shape("conv1", SMALL, "given")
    asked = regret.trials([shape], max_seconds=0.5)
    assert [one.shape for one in asked] == [shape, shape]
    assert [{e.layout for e in one.trial.entrants} for one in asked] == [{"nchw"}, {"nhwc"}]


def test_seed_0_is_a_seed_of_its_own() -> None:
    zero, default = regret.trials(quick=True, seed=0), regret.trials(quick=True)
    assert zero[0].trial.seed == 0
    assert default[0].trial.seed == regret.SEED
    assert [asked.shape for asked in zero] != [asked.shape for asked in default]
