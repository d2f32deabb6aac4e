"""Convolution as a product of spectra, over the whole image.

Source: M. Mathieu, M. Henaff, Y. LeCun, "Fast Training of Convolutional Networks through FFTs", ICLR 2014
(arXiv 1312.5851). Real transforms of 5-smooth length, with the zeros before and after the image shared; the filter's
spectrum is made once, in the plan. A stride is computed by leaving outputs out, a dilation by zeros in the kernel:
right, and honestly wasteful. On the CPU by kernels of our own, on CUDA by torch's FFT and matrix products.
"""

from __future__ import annotations

import torch

from impls.by_torch.fft import torch_plan, torch_work
from impls.cpu.fft.plan import compiled_plan, compiled_work
from impls.interface import Case, Implementation, Plan, Work
from impls.tiling import Tiling, whole


class Spectral(Implementation):
    """What convolves through spectra, by tiles of a kind."""

    algorithm = "fft"
    provider = "numba; torch FFT on cuda"
    devices = ("cpu", "cuda")
    precisions = ("fp32", "fp64")
    bounds = ("fft",)
    modules = ("numba", "impls.cpu.fft.driver")

    def tiling(self, case: Case) -> Tiling:
        """How outputs are cut into tiles."""
        raise NotImplementedError

    def work(self, case: Case) -> Work:
        count = compiled_work if case.device == "cpu" else torch_work
        return count(case, self.tiling(case))

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        make = compiled_plan if case.device == "cpu" else torch_plan
        return make(case, self.tiling(case), weight, bias)


class Fft(Spectral):
    name = "fft"

    def tiling(self, case: Case) -> Tiling:
        return whole(case.problem)
