"""Chooses the implementation that a cost model expects to be the fastest, among those that compute the case.

The choice runs nothing, follows from sizes alone (impls.cost_model), and is the same each time. The chosen
implementation's own plan runs, results must keep its error bounds, and the plan's backend names it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from impls import registry
from impls.cost_model import CostModel, built_in
from impls.interface import Case, Implementation, Plan, Work

if TYPE_CHECKING:
    import torch

# The implementations that `auto` chooses among: all for the CPU but the textbook's loops, which are a baseline.
CHOICES = (
    "direct", "implicit-gemm", "im2col", "winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6", "fft", "fft-tiled",
    "onednn", "torch",
)  # fmt: skip
# For a case unknown to the model, the first of these that computes it; one of them always does.
_OTHERWISE = ("onednn", "torch", "direct", "im2col")
# Cases whose choice is kept: why_not, work, bounds_for and plan each ask for the choice of the same case.
_REMEMBERED = 256


class Auto(Implementation):
    name = "auto"
    # That of the chosen implementation.
    algorithm = None
    provider = "convcost"
    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct", "fft", "winograd-f6")

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        return None if choose(case) else "none of the implementations that auto chooses among computes this"

    def delegate(self, case: Case) -> str | None:
        return choose(case)

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        return _chosen(case).bounds_for(case)

    def work(self, case: Case) -> Work:
        return _chosen(case).work(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        implementation = _chosen(case)
        plan = implementation.plan(case, weight, bias)
        if not isinstance(plan, Plan):
            return Plan(plan, backend=implementation.name)
        own = f": {plan.backend}" if plan.backend else ""
        return replace(plan, backend=f"{implementation.name}{own}")


@lru_cache(_REMEMBERED)
def choose(case: Case) -> str | None:
    """The name of the implementation for a case on the CPU; None if all refuse it."""
    return cheapest(case, built_in())


def cheapest(case: Case, model: CostModel) -> str | None:
    """The name with the least expected time by a model; the first of a fixed list where the model knows none."""
    times = expected_times(case, model)
    if times:
        return next(iter(times))
    allowed = _allowed(case)
    return next((name for name in _OTHERWISE if name in allowed), None)


def expected_times(case: Case, model: CostModel) -> dict[str, float]:
    """The expected seconds of each implementation that the model knows and that computes the case, fastest first."""
    known = [name for name in _allowed(case) if model.knows(name, case)]
    times = model.times(case, {name: registry.get(name).work(case) for name in known})
    return dict(sorted(times.items(), key=lambda item: item[1]))


def _allowed(case: Case) -> list[str]:
    return [name for name in CHOICES if name in registry.BUILT_IN and registry.get(name).why_not(case) is None]


def _chosen(case: Case) -> Implementation:
    name = choose(case)
    assert name is not None, "why_not(case) refuses such a case beforehand"
    return registry.get(name)
