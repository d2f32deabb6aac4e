"""The two ways to time entrants: by warm samples, and where calls are long by single calls."""

from __future__ import annotations

import pytest

from bench.worker.client import Worker
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, Trial
from impls import ConvProblem

pytestmark = pytest.mark.slow


@pytest.mark.full
def test_long_calls_are_samples_of_their_own() -> None:
    """Where the budget is too small for warm samples, every call counts, one in each draw."""
    problem = ConvProblem.parse("mb1ic64ih28oc64kh3ph1")
    entrants = (Entrant("torch", "nchw"), Entrant("loops", "nchw"))
    with Worker(Settings(1)) as worker:
        torch_, loops = worker.trial(Trial(problem, "fp32", "cpu", entrants, 0, 0.001, ("onednn", "torch")))
    assert [(sample.draw, sample.block) for sample in torch_.samples] == [(0, 0), (1, 0), (2, 0)]
    assert (loops.is_single, len(loops.samples)) == (True, 1)
