"""Direct convolution: the definition, reordered so that the innermost loop is a tile of vectors held in registers.

It computes every problem that the interface can express. Tiles that see padding read a padded copy of the few rows
below them; nothing else is copied. 16-bit floats are widened, summed in float32 and rounded once.
"""

from __future__ import annotations

import torch

from impls.interface import Case, Implementation, Plan, Work


class Direct(Implementation):
    name = "direct"
    algorithm = "direct"
    provider = "numba"
    precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.direct_plan")

    def work(self, case: Case) -> Work:
        return Work.of_definition(case)

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        from impls.cpu.direct_plan import run_of, run_short

        return Plan((run_short if case.numbers.bytes == 2 else run_of)(case, weight, bias))
