"""Every kernel compiles for Ampere and Hopper, fits, and uses the right units to multiply.

`LAUNCHES` lists the launches of all kernels, `_proves` those that are compiled for one of the two only. It needs no
GPU.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="needs Triton: pip install '.[triton]'")

import torch
import triton

import impls.gpu
from impls import Case, ConvProblem, get
from impls.cook_toom import transforms
from impls.gpu import direct_plan, winograd_plan
from impls.gpu.direct_kernel import NCHW, NHWC, SHARED, ProgramTile
from impls.gpu.implicit_gemm_blocks import SCALAR, TENSOR_CORE, Configuration
from impls.gpu.implicit_gemm_plan import runs
from impls.gpu.proof import SHARED_LIMIT, Build, compiled_for
from impls.interface import Plan
from impls.tensors import dtype_of, in_layout
from tests.impls.gpu.proving import Launch, compile_all

pytestmark = pytest.mark.slow

# Multiples of 16 channels, with loads of 16 bytes, as in layers of networks.
WINDOW, POINTWISE, FLAT = "mb8ic128ih28oc256kh3ph1", "mb8ic128ih28oc256kh1", "mb8ic3ih56oc64kh7ph3sh2"
SMALL, DEPTHWISE = "mb1ic64ih14oc64kh3ph1", "g128mb2ic128ih28oc128kh3ph1"
LARGE_DEPTHWISE = "g64mb1ic64ih32oc64kh31ph15"
TENSOR_CORE_PRECISIONS = ("tf32", "tf32x3", "bf16", "fp16")
# Kernels without products.
SUMS = ("add_parts",)


def implicit_gemm(descriptor: str, precision: str, layout: str, configuration: Configuration) -> None:
    case, x, weight, bias = _zeros(descriptor, precision, layout)
    runs(case, weight, bias)(configuration, x)


def loops(descriptor: str, precision: str, layout: str) -> None:
    case, x, weight, bias = _zeros(descriptor, precision, layout)
    plan = get("loops").plan(case, weight, bias)
    assert isinstance(plan, Plan)
    plan.run(x)


def direct(descriptor: str, precision: str, layout: str, tile: ProgramTile) -> None:
    case, x, weight, bias = _zeros(descriptor, precision, layout)
    direct_plan.runs(case, weight, bias)(tile, x)


def winograd(descriptor: str, precision: str, layout: str, tile: int) -> None:
    case, x, weight, bias = _zeros(descriptor, precision, layout)
    winograd_plan.planned(tile, case, weight, bias)(x)


def _zeros(descriptor: str, precision: str, layout: str) -> tuple[Case, torch.Tensor, torch.Tensor, torch.Tensor]:
    case = Case(ConvProblem.parse(descriptor, bias=True), precision, layout, "cuda")
    p, dtype = case.problem, dtype_of(case)
    x, weight, bias = (torch.zeros(s, dtype=dtype) for s in (p.input_shape, p.weight_shape, (p.out_channels,)))
    return case, in_layout(x, layout), weight, bias


def _implicit_gemm_launches() -> Iterator[Launch]:
    configurations = {"bf16": TENSOR_CORE, "tf32": TENSOR_CORE, "fp32": SCALAR}
    for precision, all_of_them in configurations.items():
        for configuration in all_of_them:
            yield implicit_gemm, (WINDOW, precision, "nhwc", configuration)
    small = Configuration(64, 32, 64, 4, 3)
    for precision, layout in product(("fp64", "fp32", *TENSOR_CORE_PRECISIONS), ("nchw", "nhwc")):
        yield implicit_gemm, (WINDOW, precision, layout, small)
    for precision, layout in product(("fp32", "bf16"), ("nchw", "nhwc")):
        for descriptor, parts in ((POINTWISE, 1), (FLAT, 1), (WINDOW, 4)):
            yield implicit_gemm, (descriptor, precision, layout, replace(small, parts=parts))


def _loops_launches() -> Iterator[Launch]:
    for precision in ("fp64", "fp32", "bf16", "fp16"):
        yield loops, (SMALL, precision, "nhwc")


def _direct_launches() -> Iterator[Launch]:
    tiles = [("nhwc", DEPTHWISE, NHWC), ("nchw", DEPTHWISE, NCHW), ("nchw", FLAT, SHARED), ("nhwc", FLAT, SHARED[:1])]
    for layout, descriptor, all_of_them in tiles:
        for tile in all_of_them:
            yield direct, (descriptor, "fp16", layout, tile)
    for precision, (layout, descriptor, all_of_them) in product(("fp64", "fp32", "bf16"), tiles[:2]):
        yield direct, (descriptor, precision, layout, all_of_them[0])
    yield direct, (LARGE_DEPTHWISE, "fp16", "nhwc", NHWC[0])


def _winograd_launches() -> Iterator[Launch]:
    for precision, tile in product(("fp64", "fp32", "fp16"), winograd_plan.TILES):
        yield winograd, (SMALL, precision, "nhwc", tile)
    yield winograd, (SMALL, "fp32", "nchw", 4)
    yield winograd, (SMALL, "bf16", "nhwc", 2)


LAUNCHES: list[Launch] = [
    *_implicit_gemm_launches(),
    *_loops_launches(),
    *_direct_launches(),
    *_winograd_launches(),
]


def _proves(capability: int, launch: Launch) -> bool:
    """Whether a launch is compiled for a capability too: not where another one shows the same.

    A block of products takes as many bytes of shared memory in tf32 as in bf16: all blocks are compiled in tf32 for
    Ampere, and in bf16 for Hopper. What fits into the 163 KiB of Ampere without tensor cores fits into Hopper's 227.
    """
    function, arguments = launch
    precision, last = arguments[1], arguments[-1]
    if function is implicit_gemm and last in TENSOR_CORE:
        return precision == ("tf32" if capability == 80 else "bf16")
    return capability == 80 or last not in (*SCALAR[1:], *NCHW[1:], *SHARED[1:])


@pytest.fixture(params=[pytest.param(n, marks=pytest.mark.full) for n in sorted(SHARED_LIMIT)], ids="sm_{}".format)
def capability(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(scope="module")
def all_compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, Launch], list[Build]]:
    launches = [(number, launch) for number, launch in product(SHARED_LIMIT, LAUNCHES) if _proves(number, launch)]
    return dict(zip(launches, compile_all(launches, tmp_path_factory.mktemp("compiled")), strict=True))


@pytest.fixture
def compiled(all_compiled: dict[tuple[int, Launch], list[Build]], capability: int) -> dict[Launch, list[Build]]:
    return {launch: builds for (number, launch), builds in all_compiled.items() if number == capability}


@pytest.mark.parametrize("family", [implicit_gemm, loops, direct, winograd], ids=lambda family: family.__name__)
def test_the_first_launch_of_a_family_compiles(
    family: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    _, arguments = next(launch for launch in LAUNCHES if launch[0] is family)
    with compiled_for(90) as builds:
        family(*arguments)
    assert builds
    assert all(build.shared_bytes <= SHARED_LIMIT[90] for build in builds)


def test_every_kernel_is_compiled(compiled: dict[Launch, list[Build]]) -> None:
    """Without this test, a kernel without launches would be proven by nothing."""
    names = {build.kernel for builds in compiled.values() for build in builds}
    modules = [found.name for found in pkgutil.iter_modules(impls.gpu.__path__) if found.name.endswith("_kernel")]
    assert "implicit_gemm_kernel" in modules
    for module in modules:
        kernels = vars(importlib.import_module(f"impls.gpu.{module}"))
        assert names & {name for name, value in kernels.items() if isinstance(value, triton.JITFunction)}, module


def test_every_launch_fits(compiled: dict[Launch, list[Build]], capability: int) -> None:
    spilled = {}
    for (function, arguments), builds in compiled.items():
        assert builds, "a launch must compile a kernel"
        for build in builds:
            assert build.shared_bytes <= SHARED_LIMIT[capability]
            if build.stack_bytes:
                spilled[function.__name__, arguments] = build.stack_bytes
    for (name, arguments), stack_bytes in spilled.items():
        print(f"sm_{capability} {name} {arguments}: {stack_bytes} bytes of registers spilled by each thread")


# Instructions that multiply: by a warp on Ampere, by groups of four warps on Hopper where a block has enough rows.
_PRODUCTS = r"(mma\.sync|wgmma\.mma_async)\S*"


@pytest.mark.parametrize("precision", ["bf16", "fp16", "tf32", "tf32x3"])
def test_tensor_cores_multiply_low_precisions(
    compiled: dict[Launch, list[Build]], capability: int, precision: str
) -> None:
    operand = {"bf16": "bf16", "fp16": "f16"}.get(precision, "tf32")
    products = [build for build in _of(compiled, precision, implicit_gemm) if build.kernel not in SUMS]
    for build in products:
        assert build.has(rf"{_PRODUCTS}\.f32\.{operand}\.{operand}"), build.kernel
    if capability == 90 and precision != "tf32x3":
        assert any(build.has("wgmma") for build in products)


@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_ieee_products_use_no_tf32(compiled: dict[Launch, list[Build]], precision: str) -> None:
    # Winograd's kernels are transforms only: sums, in F2 without any product.
    assert not any(build.has("tf32") for build in _of(compiled, precision, winograd))
    for build in _of(compiled, precision, implicit_gemm, direct, loops):
        assert not build.has("tf32")
        assert build.kernel in SUMS or build.has(r"fma\.rn\.f|mma\.sync\S*\.f64")


def test_direct_loads_16_bytes_of_channels(compiled: dict[Launch, list[Build]]) -> None:
    """No load is narrower where channels are neighbours and each has an input of its own."""
    launched = [launch for launch in compiled if launch[0] is direct and launch[1][0] == DEPTHWISE]
    nhwc = [build for launch in launched if launch[1][2] == "nhwc" for build in compiled[launch]]
    assert len(nhwc) >= len(NHWC)
    for build in nhwc:
        assert set(re.findall(r"(?:ld|st)\.global\.(v\d\.b\d+|b\d+)", build.ptx)) <= {"v4.b32", "v2.b64"}


@pytest.mark.parametrize("tile", winograd_plan.TILES)
def test_winograd_executes_the_counted_flops(compiled: dict[Launch, list[Build]], tile: int) -> None:
    """One lane computes one tile of one channel; its registers hold the whole tile."""
    matrices, side = transforms(tile, 3), tile + 2
    counted = {
        "transform_data": 2 * side * winograd_plan.flops(matrices.data),
        "transform_sums": (side + tile) * winograd_plan.flops(matrices.inverse) + tile**2,
    }
    for build in compiled[winograd, (SMALL, "fp32", "nhwc", tile)]:
        made = Counter(re.findall(r"\b(fma|add|sub|mul)(?:\.rn)?\.f32\b", build.ptx))
        assert made.total() + made["fma"] == counted.pop(build.kernel)
        assert build.stack_bytes == 0
    assert not counted


def _of(compiled: dict[Launch, list[Build]], precision: str, *functions: Callable[..., None]) -> list[Build]:
    launched = [launch for launch in compiled if launch[0] in functions and precision in launch[1]]
    assert launched
    return [build for launch in launched for build in compiled[launch]]
