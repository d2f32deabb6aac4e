"""How good the choice is that predictions lead to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.predict.judged.choice import choice_scores
from impls.cost_model.cost_table import Floats, Subject
from impls.cost_model.predictions import Predictions
from tests.bench.predict.simulated_times import CPU, problem, table

ASKED = table([problem(size=n) for n in (8, 9, 10)], CPU)
FFT = replace(CPU, implementation="fft")


def said(*time_s: float) -> Predictions:
    times: Floats = np.array(time_s)
    return Predictions(times, times, times, np.zeros(len(times), dtype=np.bool_))


def test_the_choice_is_judged_by_measured_times() -> None:
    """On the first layer the wrong one is chosen, at twice the time; on the others the best."""
    tables = {
        CPU: replace(ASKED, time_s=np.array([1.0, 1.0, 3.0])),
        FFT: replace(ASKED, subject=FFT, time_s=np.array([2.0, 4.0, 1.0])),
    }
    (found,) = choice_scores(tables, {CPU: said(5.0, 1.0, 2.0), FFT: said(4.0, 9.0, 1.9)}, "law")
    assert (found.layers, found.median, found.worst) == (3, 1.0, 2.0)
    assert found.within == pytest.approx(2 / 3)
    assert (found.thing, found.predictor) == ("cpu in fp32, threads 2, data normal", "law")


@pytest.mark.parametrize("other", [replace(CPU, precision="fp64"), replace(CPU, device="cuda", threads=None)])
def test_things_that_are_not_rivals_are_not_compared(other: Subject) -> None:
    tables = {CPU: ASKED, other: replace(ASKED, subject=other)}
    assert choice_scores(tables, {CPU: said(1, 1, 1), other: said(2, 2, 2)}, "law") == []


def test_equal_predictions_do_not_choose_the_fastest() -> None:
    """Of one implementation as of the other: the first by name is chosen, `fft`, and it is the slower one."""
    tables = {CPU: replace(ASKED, time_s=np.ones(3)), FFT: replace(ASKED, subject=FFT, time_s=np.full(3, 2.0))}
    (found,) = choice_scores(tables, {CPU: said(1, 1, 1), FFT: said(1, 1, 1)}, "alpha-flops")
    assert (found.median, found.within) == (2.0, 0.0)
