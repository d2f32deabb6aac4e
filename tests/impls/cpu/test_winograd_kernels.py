"""Fused Winograd kernels: every remainder and border, any number of threads, FLOPs as the text executes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
import torch

import impls
from bench.gate import draw, judge
from impls import Case, ConvProblem
from impls.cpu.host import unit_of, vector_unit
from impls.cpu.winograd_blocking import SIZES, blocking, flops
from impls.cpu.winograd_source import Variant, body

NAMES = ["winograd-f2", "winograd-f4", "winograd-f6"]
LAYOUTS = ["nchw", "nhwc"]


def _check(name: str, problem: ConvProblem, layout: str, precision: str = "fp32") -> None:
    case = Case(problem, precision, layout)
    inputs = draw(case, 5)
    implementation = impls.get(name)
    y = impls.prepare(implementation, case, inputs.weight, inputs.bias)(inputs.x)
    verdict = judge(y, inputs.truth, implementation, case)
    assert verdict.ok, f"{problem.descriptor} {precision} {layout}: {verdict.reason}"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_size(name: str, layout: str) -> None:
    for size in range(1, 34):
        _check(name, ConvProblem(1, 2, (size, 34 - size), 3, (3, 3), padding=((1, 1), (1, 1))), layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_channels(name: str, layout: str) -> None:
    for channels in range(1, 34):
        problem = ConvProblem(1, channels, (5, 7), 34 - channels, (3, 3), padding=((1, 1), (1, 1)), bias=True)
        _check(name, problem, layout)


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((0, 2), (1, 0)), ((3, 0), (0, 4)), ((5, 5), (7, 2))])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_any_padding_and_batch(name: str, layout: str, padding: Any) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem(3, 17, (9, 6), 18, (3, 3), padding=padding, bias=True), layout, precision)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "problem", ["mb1ic160ih9oc160kh3ph1", "mb2ic33ih40oc40kh3ph1", "mb1ic256ih5iw70oc96kh3kw3ph1pw1"]
)
def test_blocks_of_tiles_and_of_frequencies(name: str, layout: str, problem: str) -> None:
    _check(name, ConvProblem.parse(problem, bias=True), layout)


def test_both_ways_of_dividing_work_are_tested_above() -> None:
    variant = Variant(4, (3, 3), "float32", "nhwc", vector_unit())
    problems = [ConvProblem.parse(text) for text in ("mb1ic256ih5iw70oc96kh3kw3ph1pw1", "mb2ic33ih40oc40kh3ph1")]
    assert [blocking(variant, p).shares_blocks for p in problems] == [True, False]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("problem", ["mb1ic160ih9oc160kh3ph1", "mb1ic20ih30oc40kh3ph1"])
def test_results_are_the_same_for_any_number_of_threads(name: str, layout: str, problem: str) -> None:
    case = Case(ConvProblem.parse(problem), layout=layout)
    inputs = draw(case, 1)
    plan = impls.prepare(impls.get(name), case, inputs.weight, None)
    before = numba.get_num_threads()
    try:
        results = []
        for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(threads)
            results.append(plan(inputs.x))
    finally:
        numba.set_num_threads(before)
    assert all(torch.equal(results[0], other) for other in results)


class Machine:
    """Runs generated source as plain Python on one NumPy array for all memory, and counts floating-point operations."""

    def __init__(self, variant: Variant, elements: int) -> None:
        self.lanes, self.size = variant.lanes, variant.element_bytes
        self.memory = np.zeros(elements)
        self.flops = 0

    def at(self, address: int, offset: int) -> int:
        assert address % self.size == 0
        return address // self.size + offset

    def load(self, a: int, o: int) -> np.ndarray:
        place = self.at(a, o)
        assert 0 <= place <= len(self.memory) - self.lanes
        return self.memory[place : place + self.lanes].copy()

    def store(self, a: int, o: int, x: np.ndarray) -> None:
        place = self.at(a, o)
        assert 0 <= place <= len(self.memory) - self.lanes
        self.memory[place : place + self.lanes] = x

    def load_first(self, a: int, o: int, n: int) -> np.ndarray:
        made = np.zeros(self.lanes)
        n = min(max(n, 0), self.lanes)
        if n:
            made[:n] = self.memory[self.at(a, o) : self.at(a, o) + n]
        return made

    def store_first(self, a: int, o: int, x: np.ndarray, n: int) -> None:
        n = min(max(n, 0), self.lanes)
        if n:
            self.memory[self.at(a, o) : self.at(a, o) + n] = x[:n]

    def counted(self, flops: int, value: np.ndarray) -> np.ndarray:
        self.flops += flops * self.lanes
        return value

    def zipped(self, x: np.ndarray, y: np.ndarray, first: int) -> np.ndarray:
        return np.stack([x, y], axis=1).reshape(-1)[first : first + self.lanes]

    def run(self, variant: Variant) -> dict[str, Any]:
        """The functions of the generated text."""
        names: dict[str, Any] = {
            "v_zero": lambda: np.zeros(self.lanes),
            "v_load": self.load, "v_store": self.store,
            "v_load_first": self.load_first, "v_store_first": self.store_first,
            "v_add": lambda x, y: self.counted(1, x + y),
            "v_sub": lambda x, y: self.counted(1, x - y),
            "v_scale": lambda x, k: self.counted(1, x * k),
            "v_fma_scaled": lambda x, k, z: self.counted(2, x * k + z),
            "v_fma_broadcast": lambda a, o, y, z: self.counted(2, self.memory[self.at(a, o)] * y + z),
            "v_zip_low": lambda x, y: self.zipped(x, y, 0),
            "v_zip_high": lambda x, y: self.zipped(x, y, self.lanes),
            "njit": lambda **_: lambda function: function,
            "prange": range, "int64": int, "SERIAL": {}, "PARALLEL": {},
            "TILE": variant.tile, "ALPHA_H": variant.alpha[0], "ALPHA_W": variant.alpha[1], "LANES": variant.lanes,
            "PANEL": variant.panel, "ROWS": variant.rows, "RUN": variant.run, "ELEMENT": variant.element_bytes,
        }  # fmt: skip
        names |= {name.upper(): n for n, name in enumerate(SIZES)}
        exec(body(variant), names)
        return names


UNITS = {
    "no AVX": unit_of({}, "x86_64"),
    "AVX2": unit_of({"avx": True, "fma": True}, "x86_64"),
    "AVX-512": unit_of({"avx512f": True}, "x86_64"),
    "NEON": unit_of({}, "aarch64"),
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [2, 4, 6])
def test_the_text_is_right_for_every_vector_unit_and_its_flops_are_counted(tile: int, layout: str, unit: str) -> None:
    """Computed in float64 by an interpreter that counts, for vector units that this processor may lack."""
    from impls.cpu.winograd_kernels import packed

    problem = ConvProblem(2, 5, (7, 10), 6, (3, 3), padding=((1, 0), (2, 1)), bias=True)
    case = Case(problem, "fp64", layout)
    variant = Variant(tile, (3, 3), "float32", layout, UNITS[unit])
    inputs = draw(case, 3)
    order = (0, 1, 2, 3) if layout == "nchw" else (0, 2, 3, 1)
    blocks = blocking(variant, problem)
    assert inputs.bias is not None
    bias = np.zeros(64)
    bias[:6] = inputs.bias
    arrays = {
        "x": inputs.x.permute(order).numpy(), "u": packed(variant, inputs.weight).numpy(), "b": bias,
        "y": np.zeros(problem.outputs), "work": np.zeros(blocks.workspace(2)),
    }  # fmt: skip
    # A gap of NaN on both sides of each array: what is read past an end shows in the result.
    gap, places, at = 64, {}, 64
    for name, array in arrays.items():
        places[name], at = at, at + array.size + gap
    for kernel in ("by_tiles", "by_frequencies"):
        machine = Machine(variant, at)
        machine.memory[:] = np.nan
        for name, array in arrays.items():
            machine.memory[places[name] : places[name] + array.size] = array.ravel()
        machine.run(variant)[kernel](*(variant.element_bytes * p for p in places.values()), blocks.sizes, 2)
        y = torch.from_numpy(machine.memory[places["y"] : places["y"] + problem.outputs].copy())
        n, k, h, w = problem.output_shape
        y = y.view(n, k, h, w) if layout == "nchw" else y.view(n, h, w, k).permute(0, 3, 1, 2)
        torch.testing.assert_close(y, inputs.truth.y, atol=1e-11, rtol=1e-11)
        assert machine.flops == flops(variant, problem)
        written = np.ones(at, dtype=bool)
        for name in ("y", "work"):
            written[places[name] : places[name] + arrays[name].size] = False
        kept = np.full(at, np.nan)
        for name, array in arrays.items():
            kept[places[name] : places[name] + array.size] = array.ravel()
        np.testing.assert_array_equal(machine.memory[written], kept[written])


@pytest.mark.parametrize("name", NAMES)
def test_work_counts_what_the_plan_keeps_and_needs(name: str) -> None:
    case = Case(ConvProblem.parse("mb1ic64ih28oc48kh3ph1"))
    work = impls.get(name).work(case)
    variant = Variant(int(name[-1]), (3, 3), "float32", "nchw", vector_unit())
    panels = -(-48 // variant.panel) * variant.panel
    assert work.plan_bytes == 4 * (variant.frequencies * panels * 64 + 48)
    assert work.workspace_bytes is not None
    assert work.workspace_bytes < 4 * 2**20 * torch.get_num_threads()
    more = impls.get(name).work(replace(case, problem=replace(case.problem, batch=64)))
    assert more.workspace_bytes is not None
    # The workspace is that of a block, whatever the batch.
    assert more.workspace_bytes < 16 * 2**20 * torch.get_num_threads()
