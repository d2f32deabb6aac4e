"""Convolution as a matrix product over patches of which only one block exists at a time.

It does what im2col does, without storing the patch matrix: patches are copied to where a blocked GEMM copies its
operands anyway. On the CPU these are panels in the second-level cache (impls.cpu.gemm), on CUDA blocks in shared memory
(impls.gpu.implicit_gemm_kernel); both name their sources.
"""

from __future__ import annotations

import torch

from impls.compiled import Compiled
from impls.cpu.gemm.blocking import work_of
from impls.cpu.team import team
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.gpu import implicit_gemm_work
from impls.interface import Case, Plan, Work


class ImplicitGemm(Compiled):
    name = "implicit-gemm"
    algorithm = "implicit-gemm"
    provider = "numba, triton"
    precisions = ("fp32", "fp64", "tf32", "tf32x3", "bf16", "fp16")
    bounds = ("direct",)
    modules = ("numba", "impls.cpu.gemm.plan")
    cuda_module = "impls.gpu.implicit_gemm_plan"

    def work(self, case: Case) -> Work:
        if case.device == "cuda":
            return implicit_gemm_work.work(case)
        return work_of(case, team(case, torch.get_num_threads()))

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        if case.device == "cuda":
            from impls.gpu import implicit_gemm_plan

            return implicit_gemm_plan.plan(case, weight, bias)
        return self.plan_fused(case, weight, bias, NO_EPILOGUE)

    def fuses(self, case: Case) -> bool:
        return case.device == "cpu"

    def plan_fused(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue) -> Plan:
        from impls.cpu.gemm.plan import writer_of
        from impls.cpu.writing import run_by

        workers = team(case, torch.get_num_threads())
        writer = writer_of(case, weight, bias, workers, epilogue)
        return Plan(run_by(writer, case, lambda: workers), writer=writer)
