"""Work that a plan decides by sizes alone: its code path, what its inner loops compute, and its transforms.

Inner loops also compute lanes and rows of a tile that no output needs, and wait for the worker with the most of them:
`slots` counts all of it as FLOPs. Of torch the backend is known; what its library does is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from impls import registry
from impls.cpu.team import team
from impls.interface import Case

# FLOPs of a cycle of the direct kernels' cost: one multiply–add in each of 16 lanes.
_CYCLE_FLOPS = 32


@dataclass(frozen=True, slots=True)
class PlanWork:
    """The code path (empty where unknown), FLOPs of inner loops with what stays idle, and FLOPs of transforms.

    FLOPs are 0 where unknown or none.
    """

    way: str = ""
    slots: float = 0.0
    transform_flops: float = 0.0


def plan_work(name: str, case: Case) -> PlanWork:
    """What the plan of an implementation decides for a case; nothing of one that is unknown or refuses it."""
    count = _COUNTS.get(name)
    if count is None or case.device != "cpu" or not case.problem.outputs:
        return PlanWork()
    return PlanWork() if registry.get(name).why_not(case) else count(name, case)


def _direct(_: str, case: Case) -> PlanWork:
    from impls.cpu.direct.choice import dot_schedule, schedule_of
    from impls.cpu.direct.cycles import cycles_of

    pairs = dot_schedule(case) if case.precision == "bf16" else None
    schedule = pairs or schedule_of(case, max(4, case.numbers.bytes))
    return PlanWork(schedule.path, _CYCLE_FLOPS * cycles_of(schedule, _workers(case)))


def _winograd(name: str, case: Case) -> PlanWork:
    from impls.cpu.winograd.tile_blocks import tile_blocks, transform_flops

    variant = registry.get(name).variant(case)  # type: ignore[attr-defined]
    if variant is None:
        return PlanWork("GEMM")
    workers = _workers(case)
    blocks = tile_blocks(variant, case.problem, workers)
    channels = blocks.channels
    products = 2 * variant.frequencies * channels.group_channels * channels.panels * variant.panel * blocks.tiles
    transforms = transform_flops(variant, case.problem)
    if blocks.shares_blocks:
        return PlanWork("shared", products, transforms)
    return PlanWork("own", products * _wait(channels.slices * blocks.blocks, workers), transforms)


def _implicit_gemm(_: str, case: Case) -> PlanWork:
    from impls.cpu.gemm.blocking import block_sizes

    p, workers = case.problem, _workers(case)
    blocks, kernels = block_sizes(case, workers), p.out_channels // p.groups
    is_nchw = case.layout == "nchw"
    pixels = p.output_size[0] * p.output_size[1] * (1 if is_nchw else p.batch)
    tasks = p.groups * (p.batch if is_nchw else 1) * -(-pixels // blocks.pixels) * -(-kernels // blocks.kernels)
    return PlanWork("", 2 * p.terms * tasks * blocks.pixels * blocks.kernels * _wait(tasks, workers))


def _spectral(name: str, case: Case) -> PlanWork:
    from impls.tiling import product_flops, transform_flops

    tiling = registry.get(name).tiling(case)  # type: ignore[attr-defined]
    return PlanWork("", product_flops(case.problem, tiling), transform_flops(case.problem, tiling))


def _torch(_: str, case: Case) -> PlanWork:
    from impls.torch_conv import backend_of

    return PlanWork(backend_of(case))


def _workers(case: Case) -> int:
    # Commands that only read do not load torch.
    import torch

    return team(case, torch.get_num_threads())


def _wait(tasks: int, workers: int) -> float:
    """The tasks of the busiest worker, of equal ones, over its even share."""
    return -(-tasks // workers) * workers / tasks if tasks else 1.0


_COUNTS: Mapping[str, Callable[[str, Case], PlanWork]] = {
    "direct": _direct,
    "implicit-gemm": _implicit_gemm,
    "winograd-f2": _winograd,
    "winograd-f4": _winograd,
    "winograd-f5": _winograd,
    "winograd-f6": _winograd,
    "fft": _spectral,
    "fft-tiled": _spectral,
    "torch": _torch,
}
