"""Winograd's kernels and drivers, interpreted: right for every vector unit, and their FLOPs are counted right."""

from __future__ import annotations

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
from impls.cpu.winograd.variant import variant_of
from tests.impls.cpu.winograd.interpreter import Machine, numbers_of
from tests.impls.cpu.winograd.problems import LAYOUTS, UNITS


@pytest.mark.sample(every=10)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [2, 4, 5, 6])
@pytest.mark.parametrize(("channels", "filters", "groups"), [(5, 6, 1), (10, 10, 5), (9, 48, 3), (40, 40, 20)])
def test_kernels_are_right_on_every_vector_unit_and_execute_the_counted_flops(
    channels: int, filters: int, groups: int, tile: int, layout: str, unit: str
) -> None:
    """An interpreter computes in float64 and counts operations, for vector units that this processor may lack."""
    problem = ConvProblem(2, channels, (7, 10), filters, (3, 3), padding=((1, 0), (2, 1)), groups=groups, bias=True)
    inputs = draw(Case(problem, "fp64", layout), 3)
    variant = variant_of(tile, problem, "float32", layout, UNITS[unit])
    assert variant is not None
    blocks = tile_blocks(variant, problem, 2)
    order = (0, 1, 2, 3) if layout == "nchw" else (0, 2, 3, 1)
    arrays = {
        "x": inputs.x.permute(order), "u": pack_filters(variant, inputs.weight, blocks.channels),
        "bias": pack_bias(variant, inputs.weight, inputs.bias),
    }  # fmt: skip
    sizes = {n: a.numel() for n, a in arrays.items()} | {
        "y": problem.outputs,
        "work": 0,
    }
    # NaNs around and between the arrays: any read from there shows in the result.
    gap = 64
    places = dict(zip(sizes, accumulate(sizes.values(), lambda at, n: at + n + gap, initial=gap), strict=False))
    for shares, drive in enumerate(("by_tiles", "by_frequencies")):
        sizes["work"] = replace(blocks, shares_blocks=shares).workspace
        machine = Machine(variant, sum(sizes.values()) + gap * (len(sizes) + 1))
        for name, array in arrays.items():
            machine.memory[places[name] : places[name] + sizes[name]] = array.numpy().ravel()
        before = machine.memory.copy()
        numbers = numbers_of(machine, variant, problem)
        rows = range(1, variant.rows + 1)
        texts = [product_source(variant, n) for n in rows]
        products = [0, *(machine.kernel(text, "product") for text in texts)]
        addresses = [variant.element_bytes * places[name] for name in ("x", "u", "bias", "y", "work")]
        machine.driver(drive)([numbers], products, *addresses, 2)
        y = torch.from_numpy(machine.memory[places["y"] : places["y"] + sizes["y"]].copy())
        n, k, h, w = problem.output_shape
        y = y.view(n, k, h, w) if layout == "nchw" else y.view(n, h, w, k).permute(0, 3, 1, 2)
        torch.testing.assert_close(y, inputs.truth.y, atol=1e-11, rtol=1e-11)
        assert machine.flops == flops(variant, problem)
        for name in ("y", "work"):
            machine.memory[places[name] : places[name] + sizes[name]] = np.nan
        np.testing.assert_array_equal(machine.memory, before)
