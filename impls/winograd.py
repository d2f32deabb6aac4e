"""Winograd convolution F(m × m, r × r): fewer multiplications, at the cost of transforms and accuracy.

Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016 (arXiv 1509.09308),
algorithm 1. The CPU has fused kernels (impls.cpu.winograd.plan); CUDA has transforms by Triton for 3 × 3 kernels
(impls.gpu.winograd_plan). Matrix products of torch on gathered tiles (impls.by_torch.winograd) compute the rest: on the
CPU 3 × 3 kernels in groups that do not fit vectors, on CUDA F5 and F6, and all of them where Triton is missing. The
filter is transformed once, in the plan, in float64.

16-bit floats are computed on CUDA only, by Triton's transforms in float32: fp16 by F2 and F4, bf16 by F2 only. F4 in
bf16 would have an rms error of 2 %, ten times the error of storing a result in bf16.
"""

from __future__ import annotations

import torch

from impls.by_torch import winograd as by_torch
from impls.cook_toom import taps
from impls.cpu.compiler.host import vector_unit
from impls.cpu.team import team
from impls.cpu.winograd.tile_blocks import filter_elements, flops, tile_blocks
from impls.cpu.winograd.variant import Variant, variant_of
from impls.epilogue import NO_EPILOGUE, Epilogue
from impls.gpu import target, winograd_plan
from impls.interface import Case, Implementation, Plan, Work
from impls.wording import count

_EVERYWHERE: tuple[str, ...] = ("fp32", "fp64")


class _Winograd(Implementation):
    """Makes outputs in tiles of `tile` × `tile`, from tiles of tile + taps − 1 inputs on each axis."""

    tile: int
    algorithm = "winograd"
    provider = "numba"
    modules = ("numba", "impls.cpu.winograd.plan")
    devices = ("cpu", "cuda")
    precisions = _EVERYWHERE

    def provider_for(self, case: Case) -> str:
        if self._is_by_triton(case):
            return "triton"
        return self.provider if self.variant(case) else "torch GEMM"

    def modules_for(self, case: Case) -> tuple[str, ...]:
        if self._is_by_triton(case):
            return ("triton", "impls.gpu.winograd_kernel")
        return self.modules if self.variant(case) else ()

    def why_not(self, case: Case) -> str | None:
        p = case.problem
        # Before the precisions of all devices: some have 16 bits on CUDA only.
        if case.device == "cpu" and case.precision not in _EVERYWHERE:
            return f"on the CPU it computes in {', '.join(_EVERYWHERE)}, not in {case.precision}"
        reason = super().why_not(case)
        if reason:
            return reason
        possible, m = taps(self.tile), self.tile
        if not all(r in possible for r in p.kernel):
            sizes = "3 × 3 kernels" if len(possible) == 1 else f"kernels of 2 to {possible[-1]} taps an axis"
            return f"tiles of {m} × {m} outputs have transforms for {sizes}, not {p.kernel[0]} × {p.kernel[1]}"
        if p.stride != (1, 1):
            return "it computes stride 1 only"
        if p.dilation != (1, 1):
            return "it computes dilation 1 only"
        if p.kernel != by_torch.KERNEL and self.variant(case) is None:
            return self._other_kernels(case)
        return None if case.precision in _EVERYWHERE else target.why_not()

    def work(self, case: Case) -> Work:
        if self._is_by_triton(case):
            return winograd_plan.work(self.tile, case)
        p = case.problem
        variant = self.variant(case)
        if variant is None:
            return by_torch.work(self.tile, case)
        size, blocks = case.numbers.bytes, tile_blocks(variant, p, team(case, torch.get_num_threads()))
        filters = size * filter_elements(variant, p)
        channels = blocks.channels
        transformed = (
            size
            * variant.frequencies
            * blocks.tiles
            * (channels.in_vectors * variant.lanes + channels.panels * variant.panel)
        )
        streamed = size * variant.frequencies * channels.panels * variant.panel * channels.group_channels
        return Work(
            plan_bytes=filters + size * channels.out_vectors * variant.lanes,
            flops=flops(variant, p),
            # Each block reads all filters, and writes and reads its data and sums.
            bytes_moved=case.compulsory_bytes + blocks.blocks * streamed + 2 * transformed,
            workspace_bytes=size * blocks.workspace,
        )

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Plan:
        if self._is_by_triton(case):
            run = winograd_plan.planned(self.tile, case, weight, bias)
            return Plan(run, backend="torch GEMM between transforms")
        variant = self.variant(case)
        if variant is None:
            return Plan(by_torch.planned(self.tile, case, weight, bias), backend="torch GEMM")
        return self._fused(variant, case, weight, bias, NO_EPILOGUE)

    def fuses(self, case: Case) -> bool:
        return self.variant(case) is not None

    def plan_fused(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue) -> Plan:
        variant = self.variant(case)
        assert variant is not None, "fuses(case) says so beforehand"
        return self._fused(variant, case, weight, bias, epilogue)

    @staticmethod
    def _fused(
        variant: Variant, case: Case, weight: torch.Tensor, bias: torch.Tensor | None, epilogue: Epilogue
    ) -> Plan:
        from impls.cpu.winograd.plan import writer_of
        from impls.cpu.writing import run_by

        writer = writer_of(variant, case, weight, bias, epilogue)
        return Plan(run_by(writer, case), backend=f"fused, {variant.unit.bytes * 8} bits", writer=writer)

    def _other_kernels(self, case: Case) -> str:
        """The reason why a kernel other than 3 × 3 is refused."""
        if case.device != "cpu":
            return "kernels other than 3 × 3 are computed on the CPU only"
        p, lanes = case.problem, vector_unit().lanes(case.numbers.bytes)
        per_group = f"{count(p.in_channels // p.groups, 'channel')} and {count(p.out_channels // p.groups, 'filter')}"
        return (
            f"in groups, kernels other than 3 × 3 need a multiple of {lanes} filters, or as many filters as channels "
            f"and their number a divisor of {lanes}; not {per_group} in a group"
        )

    def _is_by_triton(self, case: Case) -> bool:
        return case.device == "cuda" and self.tile in winograd_plan.TILES and target.why_not() is None

    def variant(self, case: Case) -> Variant | None:
        """The CPU kernels of this case; None where there are none."""
        if case.device != "cpu":
            return None
        return variant_of(self.tile, case.problem, case.numbers.dtype, case.layout, vector_unit())


class WinogradF2(_Winograd):
    name, tile, bounds = "winograd-f2", 2, ("winograd-f2",)
    precisions = (*_EVERYWHERE, "bf16", "fp16")


class WinogradF4(_Winograd):
    name, tile, bounds = "winograd-f4", 4, ("winograd-f4",)
    precisions = (*_EVERYWHERE, "fp16")


class WinogradF5(_Winograd):
    name, tile, bounds = "winograd-f5", 5, ("winograd-f5",)


class WinogradF6(_Winograd):
    name, tile, bounds = "winograd-f6", 6, ("winograd-f6",)
