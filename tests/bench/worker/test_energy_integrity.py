"""Code of the harness that a plug-in replaces while energy is measured."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.energy.plan import Windows
from bench.timing import clock
from bench.worker.beacon import Beacon
from bench.worker.energy import measure_energy
from bench.worker.protocol import MeasureEnergy
from impls import Case, ConvProblem, Implementation, Work, register, registry

PLAN = Windows("test", window_s=0.04, periods=4, windows=2, idle_s=0.0, warm_up_s=0.1, budget_s=5.0)
CASE = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))


class PatchesTheClock(Implementation):
    """Replaces a function of the harness when it is called the given number of times."""

    name = "patches"
    bounds = ("direct",)
    at_call = 1

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        calls = [0]

        def run(x: torch.Tensor) -> torch.Tensor:
            calls[0] += 1
            if calls[0] == self.at_call:
                clock._now_ns = lambda: 0
            return torch.nn.functional.conv2d(x, weight, bias, padding=1)

        return run


@pytest.mark.usefixtures("counter")
@pytest.mark.parametrize(("at_call", "lost"), [(1, {"patches"}), (20, {"patches", "torch"})])
def test_joules_are_lost_where_code_of_the_harness_was_replaced(
    at_call: int, lost: set[str], beacon: Beacon, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = clock._now_ns
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setattr(PatchesTheClock, "at_call", at_call)
    register(PatchesTheClock)
    found = measure_energy(MeasureEnergy(CASE, ("torch", "patches"), 3, PLAN), beacon)["energy"]
    assert {name for name, (figure,) in found.items() if figure["gross_j"] is None} == lost
    assert all("bench.timing.clock._now_ns" in found[name][0]["reason"] for name in lost)
    assert clock._now_ns is before


class PatchesAndFails(PatchesTheClock):
    """Replaces it in its plan, and then has no plan."""

    name = "patches-and-fails"

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
        clock._now_ns = lambda: 0
        raise RuntimeError("no plan today")


class PatchesWhenAsked(PatchesTheClock):
    """Replaces it when it is asked for its work."""

    name = "patches-when-asked"

    def work(self, case: Case) -> Work:
        clock._now_ns = lambda: 0
        return super().work(case)


@pytest.mark.usefixtures("counter")
@pytest.mark.parametrize("guilty", [PatchesAndFails, PatchesWhenAsked])
def test_nobody_else_is_blamed(guilty: type[PatchesTheClock], beacon: Beacon, monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock._now_ns
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setattr(PatchesTheClock, "at_call", -1)
    register(PatchesTheClock)
    register(guilty)
    names = (guilty.name, "patches", "torch")
    found = measure_energy(MeasureEnergy(CASE, names, 3, PLAN), beacon)["energy"]
    assert [name for name in names if found[name][0]["gross_j"] is None] == [guilty.name]
    assert clock._now_ns is before
