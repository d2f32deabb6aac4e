"""Direct convolution: the definition, reordered so that the innermost loop computes a tile of vectors in registers.

On the CPU it computes every problem that the interface can express. Where tiles of dense convolutions see padding, they
read a padded copy of their input rows (NHWC) or of the image (NCHW); other convolutions skip or mask padding. 16-bit
floats are summed in float32 and rounded once: bf16 by products of pairs where the processor has them, else in float32.
On CUDA it computes layers with few channels in a group, mainly depthwise ones, which have too few products for a matrix
unit (impls.gpu.direct_kernel).
"""

from __future__ import annotations

import os
from dataclasses import replace

import torch

from impls.compiled import Compiled
from impls.cpu.team import team
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.interface import Case, Plan, Work

# The most input channels of a group on CUDA: with 16 and more, matrix units have enough work.
_MOST_CHANNELS = 8


class Direct(Compiled):
    name = "direct"
    algorithm = "direct"
    precisions = cpu_precisions = ("fp32", "fp64", "bf16", "fp16")
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.direct.plan")
    cuda_module = "impls.gpu.direct_plan"

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason or case.device == "cpu":
            return reason
        channels = case.problem.in_channels // case.problem.groups
        if channels > _MOST_CHANNELS:
            return f"on cuda it takes at most {_MOST_CHANNELS} channels in a group, not {channels}; use implicit-gemm"
        return None

    def work(self, case: Case) -> Work:
        """The work of the definition; on the CPU also of packing and copying, by the threads that compute it."""
        definition = Work.of_definition(case)
        if case.device == "cuda" or case.problem.outputs == 0:
            return definition
        from impls.cpu.direct.memory import memory_of

        memory = memory_of(case, team(case, _threads()))
        return replace(
            definition,
            bytes_moved=case.compulsory_bytes + memory.copied_bytes,
            workspace_bytes=memory.workspace_bytes,
            plan_bytes=memory.plan_bytes,
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        if case.device == "cuda":
            from impls.gpu import direct_plan

            return direct_plan.plan(case, weight, bias)
        return self.plan_fused(case, weight, bias, NO_EPILOGUE)

    def fuses(self, case: Case) -> bool:
        return case.device == "cpu"

    def plan_fused(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue) -> Plan:
        from impls.cpu.direct.plan import run_short, writer_of
        from impls.cpu.writing import run_by

        if case.numbers.bytes == 2:
            return Plan(run_short(case, weight, bias, epilogue=epilogue))
        writer = writer_of(case, weight, bias, epilogue=epilogue)
        return Plan(run_by(writer, case), writer=writer)


def _threads() -> int:
    """The number of threads that Numba would use; Numba is not loaded."""
    return int(os.environ.get("NUMBA_NUM_THREADS") or os.cpu_count() or 1)
