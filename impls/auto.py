"""Chooses the implementation that a cost model expects to be the fastest, among those that compute the case.

`auto` assumes inputs and weights of ordinary size: Winograd and FFT overflow earlier than a sum of products, and one
NaN reaches more of their outputs. `auto-safe` chooses only among implementations that add up the products themselves.

The choice runs nothing, follows from sizes alone (impls.cost_model), and is the same each time. The chosen
implementation's own plan runs, results must keep its error bounds, and the plan's backend names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from impls import registry
from impls.cost_model.model import CostModel, ModelledTime, built_in
from impls.interface import Case, Implementation, Plan, Work

if TYPE_CHECKING:
    import torch

    from impls.epilogue import Epilogue
    from impls.interface import Run

# The implementations that `auto` chooses among: all for the CPU but the textbook's loops, which are a baseline.
CHOICES = (
    "direct", "implicit-gemm", "im2col", "winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6", "fft", "fft-tiled",
    "onednn", "torch",
)  # fmt: skip
# Bounds of results that are sums of products, in some order.
_SUMS = frozenset(("direct", "direct-then-bias"))
# For a case unknown to the model, the first of these that computes it; one of them always does. On random shapes of two
# processors (results/reference: intel-xeon-2-cores, amd-epyc-avx2-2-cores) `direct` takes 1.0 to 1.7 × the best time in
# the geometric mean, and oneDNN 1.8 to 2.6 ×; but in bf16, which AVX-512 multiplies in pairs, it is 2.1 against 1.2.
_OTHERWISE = ("direct", "onednn", "torch", "im2col")
_OTHERWISE_BF16 = ("onednn", *_OTHERWISE)
# Cases whose choice is kept: why_not, work, bounds_for and plan each ask for the choice of the same case.
_REMEMBERED = 256


class Auto(Implementation):
    name = "auto"
    # That of the chosen implementation.
    algorithm = None
    provider = "convcost"
    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds: tuple[str, ...] = ("direct", "fft", "winograd-f6")

    # Whether only implementations with the range of direct summation are chosen.
    is_safe = False

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        if choose(case, is_safe=self.is_safe):
            return None
        return f"none of the implementations that {self.name} chooses among computes this"

    def delegate(self, case: Case) -> str | None:
        return choose(case, is_safe=self.is_safe)

    def bounds_for(self, case: Case) -> tuple[str, ...]:
        return self._chosen(case).bounds_for(case)

    def work(self, case: Case) -> Work:
        return self._chosen(case).work(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        implementation = self._chosen(case)
        return _named(implementation, implementation.plan(case, weight, bias))

    def fuses(self, case: Case) -> bool:
        return self._chosen(case).fuses(case)

    def plan_fused(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue) -> Plan:
        implementation = self._chosen(case)
        return _named(implementation, implementation.plan_fused(case, weight, bias, epilogue))

    def _chosen(self, case: Case) -> Implementation:
        name = choose(case, is_safe=self.is_safe)
        assert name is not None, "why_not(case) refuses such a case beforehand"
        return registry.get(name)


def _named(implementation: Implementation, made: Plan | Run) -> Plan:
    """A plan of the chosen implementation, with its name before its backend."""
    if not isinstance(made, Plan):
        return Plan(made, backend=implementation.name)
    own = f": {made.backend}" if made.backend else ""
    return replace(made, backend=f"{implementation.name}{own}")


class AutoSafe(Auto):
    name = "auto-safe"
    bounds = ("direct",)
    is_safe = True


def choose(case: Case, *, is_safe: bool = False) -> str | None:
    """The name of the implementation for a case on the CPU; None if all refuse it.

    With `is_safe` only among those with the range of direct summation.
    """
    import torch

    return chosen(case, torch.get_num_threads(), is_safe)


@lru_cache(_REMEMBERED)
def chosen(case: Case, _threads: int, is_safe: bool) -> str | None:
    """As `choose`, remembered: blocks, and how workers share them, depend on the number of torch's threads."""
    return cheapest(case, built_in(), is_safe=is_safe)


def cheapest(case: Case, model: CostModel, *, is_safe: bool = False) -> str | None:
    """The name with the least expected time by a model; the first of a fixed list where the model knows none.

    The model knows none of a layer that is unlike all that it was fitted to: then nothing is guessed.
    """
    allowed = [name for name in _allowed(case) if not is_safe or adds_products(registry.get(name), case)]
    for name in expected_times(case, model):
        if name in allowed:
            return name
    otherwise = _OTHERWISE_BF16 if case.precision == "bf16" else _OTHERWISE
    return next((name for name in otherwise if name in allowed), None)


def adds_products(implementation: Implementation, case: Case) -> bool:
    """Whether its result is a sum of products in some order, which has the range of direct summation.

    A library that hides its choice of algorithm is held to the bounds of all it may choose, Winograd among them.
    """
    return _SUMS.issuperset(implementation.bounds_for(case))


def expected_times(case: Case, model: CostModel) -> dict[str, ModelledTime]:
    """The expected times of implementations that compute the case and resemble the model's fit, fastest first."""
    return expected_times_of([case], model)[0]


def expected_times_of(cases: Sequence[Case], model: CostModel) -> list[dict[str, ModelledTime]]:
    """As `expected_times`, for each case."""
    return [
        dict(sorted(((name, time) for name, time in one.items() if not time.outside), key=lambda item: item[1].time_s))
        for one in model.times_of(cases, [_allowed(case) for case in cases])
    ]


def _allowed(case: Case) -> list[str]:
    return [name for name in CHOICES if name in registry.BUILT_IN and registry.get(name).why_not(case) is None]
