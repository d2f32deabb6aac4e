"""The plug-in of twins: right results by the same library, and nothing of it in the names of this process."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import impls
from bench.qualify import spin
from bench.qualify.questions import CONVOLUTIONS, EQUAL, TWINS
from bench.qualify.twin_runs import PLUG_IN
from impls import registry

CASE = impls.Case(impls.ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The names that the plug-in registers, for one test."""
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(spin, "_late", {})
    return registry.load_file(PLUG_IN)


def test_the_plug_in_has_all_twins(loaded: tuple[str, ...]) -> None:
    assert loaded == tuple(TWINS)
    assert EQUAL == ("twin-a", "twin-b")
    assert Path(PLUG_IN).is_file()


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.usefixtures("loaded")
def test_a_twin_computes_what_its_library_computes(name: str) -> None:
    twin, library = impls.get(name), impls.get("onednn" if torch.backends.mkldnn.is_available() else "torch")
    x, weight = torch.randn(CASE.problem.input_shape), torch.randn(CASE.problem.weight_shape)
    plan = impls.prepare(twin, CASE, weight, None)
    assert torch.equal(plan(x), impls.prepare(library, CASE, weight, None)(x))
    assert twin.bounds_for(CASE) == library.bounds_for(CASE)
    # It competes by itself: it does not count as one that only chose another.
    assert twin.delegate(CASE) is None
    assert plan.backend == impls.prepare(library, CASE, weight, None).backend


@pytest.mark.full
@pytest.mark.parametrize("descriptor", CONVOLUTIONS)
@pytest.mark.usefixtures("loaded")
def test_a_slow_twin_is_late_by_less_than_a_thousandth(descriptor: str) -> None:
    case = impls.Case(impls.ConvProblem.parse(descriptor))
    x, weight = torch.randn(case.problem.input_shape), torch.randn(case.problem.weight_shape)
    for name in TWINS:
        run = impls.prepare(impls.get(name), case, weight, None).run
        for _ in range(20 * spin._COUNTED):
            run(x)
    late = {found["implementation"]: found["overshoot"] for found in spin.overshoots()}
    assert set(late) == set(TWINS) - set(EQUAL)
    assert max(late.values()) < 1e-3
