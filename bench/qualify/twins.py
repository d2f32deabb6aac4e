"""A plug-in of candidates with known true ratios: equal twins of a library, and twins that are slower by 1 to 5 %.

Workers load it as they load a user's plug-in, so that it is measured on the path of every other candidate. On the CPU
a slower twin spins (bench/qualify/spin.py). On CUDA it waits in a kernel for its share of the call time measured at
plan; there an equal twin starts the same kernel, with nothing to wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import impls
from bench.qualify import spin
from bench.qualify.questions import TWINS
from impls.interface import DEVICES, Run
from impls.precision import PRECISIONS

if TYPE_CHECKING:
    import torch

# The first that computes the case: the best known library, or torch's own choice.
_LIBRARIES = ("onednn", "cudnn", "torch")
# On CUDA a plan first measures the mean time of so many calls.
_CALLS = 50


class Twin(impls.Implementation):
    """A library, `percent` per cent slower than it is; subclasses have names."""

    percent = 0
    provider = "convcost"
    devices = DEVICES
    precisions = tuple(PRECISIONS)

    def why_not(self, case: impls.Case) -> str | None:
        return _library(case).why_not(case)

    def bounds_for(self, case: impls.Case) -> tuple[str, ...]:
        return _library(case).bounds_for(case)

    def modules_for(self, case: impls.Case) -> tuple[str, ...]:
        return _library(case).modules_for(case)

    def work(self, case: impls.Case) -> impls.Work:
        return _library(case).work(case)

    def plan(self, case: impls.Case, weight: torch.Tensor, bias: torch.Tensor | None) -> impls.Plan:
        made = _library(case).plan(case, weight, bias)
        plan = made if isinstance(made, impls.Plan) else impls.Plan(made)
        if case.device == "cuda":
            run = _waiting_on_cuda(plan.run, self.percent, case)
        elif self.percent:
            run = spin.slowed(plan.run, self.percent, case.problem.descriptor, self.name)
        else:
            run = spin.timed(plan.run)
        return impls.Plan(run, backend=plan.backend, work=plan.work)


def _library(case: impls.Case) -> impls.Implementation:
    found = [implementation for implementation in map(impls.get, _LIBRARIES) if implementation.why_not(case) is None]
    return found[0] if found else impls.get(_LIBRARIES[-1])


def _waiting_on_cuda(run: Run, percent: int, case: impls.Case) -> Run:
    """The run, and after it a kernel that waits for so many per cent of its time. Not yet run on a GPU."""
    import torch

    from bench.timing.clock import CudaClock
    from impls.tensors import dtype_of, in_layout

    clock = CudaClock()
    x = in_layout(torch.zeros(case.problem.input_shape, dtype=dtype_of(case), device=case.device), case.layout)
    # The first sample includes what a library sets up.
    clock.sample(lambda: run(x), _CALLS)
    call_s = clock.sample(lambda: run(x), _CALLS).device_s / _CALLS
    cycles = int(call_s * percent / 100 * clock.cycles_per_s)

    def call(x: torch.Tensor) -> torch.Tensor:
        y = run(x)
        # A private function: torch has no public kernel that waits for a given time.
        torch.cuda._sleep(cycles)
        return y

    return call


for _name, _percent in TWINS.items():
    impls.register(type(_name, (Twin,), {"name": _name, "percent": _percent}))
