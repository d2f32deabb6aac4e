"""Convolution as a product of spectra, over the whole image.

Source: M. Mathieu, M. Henaff, Y. LeCun, "Fast Training of Convolutional Networks through FFTs", ICLR 2014
(arXiv 1312.5851). Real transforms of 5-smooth length, with the zeros before and after the image shared; the filter's
spectrum is made once, in the plan. A stride computes all outputs and leaves some out, a dilation puts zeros into the
kernel: right, and wasteful. On the CPU by our own kernels (impls.cpu.fft), on CUDA by torch's FFT and matrix products
(impls.by_torch.fft).
"""

from __future__ import annotations

import torch

from impls.by_torch import fft as by_torch
from impls.cpu.fft.geometry import work_of
from impls.interface import Case, Implementation, Plan, Work
from impls.tiling import Tiling, whole


class Spectral(Implementation):
    """Convolution through spectra; a subclass chooses the tiles."""

    algorithm = "fft"
    provider = "numba; torch FFT on cuda"
    devices = ("cpu", "cuda")
    precisions = ("fp32", "fp64")
    bounds = ("fft",)
    modules = ("numba", "impls.cpu.fft.plan")

    def tiling(self, case: Case) -> Tiling:
        """The tiles into which outputs are cut."""
        raise NotImplementedError

    def work(self, case: Case) -> Work:
        count = work_of if case.device == "cpu" else by_torch.work_of
        return count(case, self.tiling(case))

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        if case.device != "cpu":
            return by_torch.plan_of(case, self.tiling(case), weight, bias)
        from impls.cpu.fft.plan import plan_of

        return plan_of(case, self.tiling(case), weight, bias)


class Fft(Spectral):
    name = "fft"

    def tiling(self, case: Case) -> Tiling:
        return whole(case.problem)
