"""The base of implementations with compiled kernels: by Numba and LLVM on the CPU, by Triton on CUDA."""

from __future__ import annotations

from impls.gpu import target
from impls.interface import Case, Implementation


class Compiled(Implementation):
    """`modules` and `cpu_precisions` hold on the CPU; `cuda_module` is the module that plans for CUDA."""

    provider = "numba"
    devices = ("cpu", "cuda")
    cpu_precisions: tuple[str, ...] = ("fp32", "fp64")
    cuda_module: str

    def provider_for(self, case: Case) -> str:
        return "triton" if case.device == "cuda" else "numba"

    def modules_for(self, case: Case) -> tuple[str, ...]:
        return ("triton", self.cuda_module) if case.device == "cuda" else self.modules

    def why_not(self, case: Case) -> str | None:
        reason = super().why_not(case)
        if reason:
            return reason
        if case.device == "cuda":
            return target.why_not()
        if case.precision not in self.cpu_precisions:
            return f"on the CPU it computes in {', '.join(self.cpu_precisions)}, not in {case.precision}"
        return None
