"""Winograd's kernels and drivers, interpreted: right for every vector unit, and their FLOPs are counted right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
import torch

from bench.gate.inputs import draw
from impls import Case, ConvProblem
from impls.cpu.winograd.plan import pack_bias, pack_filters
from impls.cpu.winograd.product import product_source
from impls.cpu.winograd.tile_blocks import flops, tile_blocks
from impls.cpu.winograd.variant import Variant, variant_of
from impls.epilogue import NO_EPILOGUE, Epilogue
from tests.impls.cpu.winograd.interpreter import Machine, numbers_of
from tests.impls.cpu.winograd.problems import LAYOUTS, UNITS
from tests.impls.epilogues import BOTH

# (channels, filters, groups)
_GROUPS = [(5, 6, 1), (10, 10, 5), (9, 48, 3), (40, 40, 20)]


@pytest.mark.sample(every=10)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [2, 4, 5, 6])
@pytest.mark.parametrize(("channels", "filters", "groups"), _GROUPS)
def test_kernels_are_right_on_every_vector_unit_and_execute_the_counted_flops(
    channels: int, filters: int, groups: int, tile: int, layout: str, unit: str
) -> None:
    """An interpreter computes in float64 and counts operations, for vector units that this processor may lack."""
    _require_right(channels, filters, groups, tile, layout, unit)


@pytest.mark.sample(every=10)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [4, 5])
@pytest.mark.parametrize(("channels", "filters", "groups"), _GROUPS)
def test_epilogues_read_the_residual_where_outputs_are_written(
    channels: int, filters: int, groups: int, tile: int, layout: str, unit: str
) -> None:
    _require_right(channels, filters, groups, tile, layout, unit, BOTH)


def _require_right(
    channels: int, filters: int, groups: int, tile: int, layout: str, unit: str, epilogue: Epilogue = NO_EPILOGUE
) -> None:
    problem = ConvProblem(2, channels, (7, 10), filters, (3, 3), padding=((1, 0), (2, 1)), groups=groups, bias=True)
    inputs = draw(Case(problem, "fp64", layout), 3)
    variant = variant_of(tile, problem, "float32", layout, UNITS[unit])
    assert variant is not None
    order = (0, 1, 2, 3) if layout == "nchw" else (0, 2, 3, 1)
    residual = torch.randn(problem.output_shape, dtype=torch.float64)
    arrays = {
        "x": inputs.x.permute(order),
        "u": pack_filters(variant, inputs.weight, tile_blocks(variant, problem, 2).channels),
        "bias": pack_bias(variant, inputs.weight, inputs.bias), "residual": residual.permute(order),
    }  # fmt: skip
    expected = (inputs.truth.y + residual).relu() if epilogue else inputs.truth.y
    for shares, drive in enumerate(("by_tiles", "by_frequencies")):
        machine, y = _interpreted(variant, problem, arrays, drive, shares_blocks=bool(shares), epilogue=epilogue)
        n, k, h, w = problem.output_shape
        y = y.view(n, k, h, w) if layout == "nchw" else y.view(n, h, w, k).permute(0, 3, 1, 2)
        torch.testing.assert_close(y, expected, atol=1e-11, rtol=1e-11)
        counted = flops(variant, problem)
        assert machine.flops == counted if not epilogue else machine.flops > counted


def _interpreted(
    variant: Variant,
    problem: ConvProblem,
    arrays: Mapping[str, torch.Tensor],
    drive: str,
    *,
    shares_blocks: bool,
    epilogue: Epilogue,
) -> tuple[Machine, torch.Tensor]:
    """The machine after a driver ran on it, and the outputs; it has written nothing else."""
    blocks = replace(tile_blocks(variant, problem, 2), shares_blocks=shares_blocks)
    sizes = {n: a.numel() for n, a in arrays.items()} | {"y": problem.outputs, "work": blocks.workspace}
    # NaNs around and between the arrays: any read from there shows in the result.
    gap = 64
    places = dict(zip(sizes, accumulate(sizes.values(), lambda at, n: at + n + gap, initial=gap), strict=False))
    machine = Machine(variant, sum(sizes.values()) + gap * (len(sizes) + 1))
    for name, array in arrays.items():
        machine.memory[places[name] : places[name] + sizes[name]] = array.numpy().ravel()
    before = machine.memory.copy()
    numbers = numbers_of(machine, variant, problem, epilogue)
    if epilogue.adds_residual:
        numbers.residual = variant.element_bytes * (places["residual"] - places["y"])
    texts = [product_source(variant, n) for n in range(1, variant.rows + 1)]
    products = [0, *(machine.kernel(text, "product") for text in texts)]
    addresses = [variant.element_bytes * places[name] for name in ("x", "u", "bias", "y", "work")]
    machine.driver(drive)(numbers, products, *addresses, 2)
    y = torch.from_numpy(machine.memory[places["y"] : places["y"] + sizes["y"]].copy())
    for name in ("y", "work"):
        machine.memory[places[name] : places[name] + sizes[name]] = np.nan
    np.testing.assert_array_equal(machine.memory, before)
    return machine, y
