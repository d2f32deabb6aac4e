"""Tiles of the FFT implementations: borders, sizes, cost and memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.by_torch import fft as by_torch
from impls.cpu.fft.geometry import work_of
from impls.cpu.fft.plan import plan_of
from impls.fft_tiled import best_tiling, modelled_cost, tiling
from impls.tiling import Tiling, cut, least_length, transform_size, whole

# torch's operations run on CUDA; they are the same on the CPU.
PLANS = {"compiled": plan_of, "torch": by_torch.plan_of}


def _by_tiles(case: Case, t: Tiling, path: str) -> None:
    inputs = draw(case, 5)
    plan = PLANS[path](case, t, inputs.weight, inputs.bias)
    verdict = judge(plan(inputs.x), inputs.truth, impls.get("fft-tiled"), case)
    assert verdict.ok, f"{case.problem.descriptor} by {t}: {verdict.reason}"


# Tiles of 16 points and a kernel of 5 yield 12 outputs: images of one less, as many, one more, and of several tiles.
@pytest.mark.sample(every=4)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("height", [11, 12, 13, 24, 25])
@pytest.mark.parametrize("width", [12, 13, 35])
@pytest.mark.parametrize("path", PLANS)
def test_borders_of_tiles_are_right(path: str, height: int, width: int, layout: str) -> None:
    problem = ConvProblem(2, 2, (height, width), 3, (5, 5), padding=((2, 2), (2, 2)), bias=True)
    case = Case(problem, layout=layout)
    _by_tiles(case, cut(problem, (16, 16)), path)


@pytest.mark.sample(every=4)
@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (5, 1)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((3, 0), (1, 4)), ((7, 7), (0, 9))])
@pytest.mark.parametrize("path", PLANS)
def test_tiles_with_strides_dilations_and_any_padding_are_right(
    path: Any, stride: Any, dilation: Any, padding: Any
) -> None:
    problem = ConvProblem(1, 2, (29, 26), 4, (3, 4), stride, padding, dilation, 2)
    case = Case(problem)
    _by_tiles(case, cut(problem, (12, 15)), path)
    _by_tiles(case, whole(problem), path)


@pytest.mark.parametrize("in_flight", [(1, 1), (1, 2), (3, 1), (2, 3)])
def test_results_are_the_same_for_any_tiles_in_flight(in_flight: tuple[int, int]) -> None:
    case = Case(ConvProblem.parse("mb3ic2ih30oc3kh5ph2"), "fp64")
    inputs = draw(case, 2)
    one, other = (
        by_torch.plan_of(case, cut(case.problem, (16, 18), batch), inputs.weight, None) for batch in ((1, 1), in_flight)
    )
    torch.testing.assert_close(one(inputs.x), other(inputs.x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel", [31, 63])
def test_a_kernel_larger_than_the_usual_tile_is_right(kernel: int) -> None:
    case = Case(ConvProblem(1, 1, (40, 80), 2, (kernel, kernel), padding=((kernel // 2,) * 2, (kernel // 2,) * 2)))
    assert min(best_tiling(case).transform) >= kernel
    assert gate(impls.get("fft-tiled"), case, draw(case, 1)).verdict.ok


@pytest.mark.parametrize("descriptor", ["mb1ic5ih40oc3kh5ph2", "mb3ic2ih50oc2kh7ph3"])
@pytest.mark.parametrize("size", [16, 64])
def test_results_are_identical_on_any_number_of_threads(size: int, descriptor: str) -> None:
    """Workers that share a tile, or have tiles of their own, sum in the same order."""
    case = Case(ConvProblem.parse(descriptor, bias=True))
    inputs, before, results = draw(case, 8), torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(plan_of(case, cut(case.problem, (size, size)), inputs.weight, inputs.bias)(inputs.x))
    torch.set_num_threads(before)
    assert all(torch.equal(results[0], other) for other in results[1:])


@pytest.mark.parametrize(
    ("descriptor", "least"),
    [
        ("mb1ic1ih512oc1kh31ph15", (527, 527)),
        ("mb1ic1ih9oc1kh3", (9, 9)),
        ("mb1ic1ih1iw9oc1kh11kw3ph5pw1", (11, 10)),
        # Of nine rows, a stride of 4 reads only seven.
        ("mb1ic1ih9oc1kh3sh4", (7, 7)),
    ],
)
def test_zeros_before_and_after_an_image_are_shared(descriptor: str, least: tuple[int, int]) -> None:
    problem = ConvProblem.parse(descriptor)
    assert tuple(least_length(problem, axis) for axis in (0, 1)) == least
    assert all(a >= b for a, b in zip(transform_size(problem), least, strict=True))


def test_a_kernel_as_large_as_the_image_takes_one_tile() -> None:
    case = Case(ConvProblem.parse("mb1ic1ih14oc1kh13ph6"))
    assert best_tiling(case).is_one_tile


def test_a_small_kernel_on_a_large_image_takes_many_tiles() -> None:
    tiles = best_tiling(Case(ConvProblem.parse("mb1ic16ih512oc16kh7ph3")))
    assert tiles.count[0] * tiles.count[1] >= 16


def test_larger_kernels_take_larger_tiles() -> None:
    # Kernels of 11 and 31 share the tile that fits a cache; which of two alike is cheaper depends on the processor.
    sizes = [best_tiling(Case(ConvProblem.parse(f"mb1ic16ih512oc16kh{k}ph{k // 2}"))).transform[0] for k in (3, 11, 63)]
    assert sizes == sorted(set(sizes))


def test_the_chosen_tiling_is_modelled_cheaper_than_others() -> None:
    case = Case(ConvProblem.parse("mb1ic8ih200oc8kh9ph4"))
    best = modelled_cost(case, best_tiling(case))
    assert all(best <= modelled_cost(case, tiling(case, (n, n))) for n in (16, 32, 64, 128))


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_workspace_does_not_grow_with_the_image(layout: str) -> None:
    """The workspace of whole images grows with their area."""

    def workspace(name: str, height: int) -> int:
        problem = ConvProblem(1, 4, (height, 512), 4, (15, 15), padding=((7, 7), (7, 7)))
        counted = impls.get(name).work(Case(problem, layout=layout)).workspace_bytes
        assert counted is not None
        return counted

    assert workspace("fft-tiled", 8192) <= 1.1 * workspace("fft-tiled", 1024)
    assert workspace("fft", 8192) > 6 * workspace("fft", 1024)


def test_whole_images_execute_fewer_flops_than_tiles_of_them() -> None:
    case = Case(ConvProblem.parse("mb1ic3ih64oc5kh9ph4"))
    one, many = work_of(case, whole(case.problem)), work_of(case, tiling(case, (16, 16)))
    assert one.flops is not None
    assert many.flops is not None
    assert one.flops < many.flops
    assert many.plan_bytes is not None
    assert one.plan_bytes is not None
    assert many.plan_bytes < one.plan_bytes


@pytest.mark.parametrize("name", ["fft", "fft-tiled", "implicit-gemm"])
@pytest.mark.parametrize("descriptor", ["mb1ic3ih200oc5kh9ph4", "mb4ic2ih30oc2kh3ph1"])
def test_the_counted_workspace_is_what_a_call_allocates(
    descriptor: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(ConvProblem.parse(descriptor))
    inputs = draw(case, 3)
    allocated: list[int] = []

    def recording(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def recorded(*sizes: object, **options: object) -> torch.Tensor:
            made = make(*sizes, **options)
            allocated.append(made.nbytes)
            return made

        return recorded

    # Before planning: the plan may keep the function that makes outputs.
    for name_of_maker in ("empty", "empty_strided"):
        monkeypatch.setattr(torch, name_of_maker, recording(getattr(torch, name_of_maker)))
    plan = impls.prepare(impls.get(name), case, inputs.weight, None)
    allocated.clear()
    output = plan(inputs.x).nbytes
    assert sum(allocated) - output == impls.get(name).work(case).workspace_bytes
