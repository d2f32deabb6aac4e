"""Direct convolution: the definition, reordered so that the innermost loop is a tile of vectors held in registers.

It computes every problem that the interface can express. Where tiles of dense convolutions see padding, they read a
padded copy: of the few rows below them (NHWC), or of the image (NCHW); others skip or mask it. 16-bit floats are summed
in float32 and rounded once: bf16 by products of pairs where the processor has them, else widened.
"""

from __future__ import annotations

import os
from dataclasses import replace

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
        """The definition, and what is packed and copied around it, for as many threads as Numba would take."""
        definition = Work.of_definition(case)
        if case.problem.outputs == 0:
            return definition
        from impls.cpu.blocking import memory_of

        memory = memory_of(case, _threads())
        return replace(
            definition,
            bytes_moved=case.compulsory_bytes + memory.copied_bytes,
            workspace_bytes=memory.workspace_bytes,
            plan_bytes=memory.plan_bytes,
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        from impls.cpu.direct_plan import run_of, run_short

        return Plan((run_short if case.numbers.bytes == 2 else run_of)(case, weight, bias))


def _threads() -> int:
    """As Numba counts them, which is not loaded for counting."""
    return int(os.environ.get("NUMBA_NUM_THREADS") or os.cpu_count() or 1)
