"""Fused Winograd kernels: every remainder and border, any number of threads, FLOPs as the text executes them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import accumulate
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
import torch

import impls
from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.cpu.compiler.host import unit_of, vector_unit
from impls.cpu.winograd import drivers as winograd_drivers
from impls.cpu.winograd.blocking import blocking, flops
from impls.cpu.winograd.plan import packed, padded
from impls.cpu.winograd.product import product_source
from impls.cpu.winograd.tile_transforms import data_source, inverse_source
from impls.cpu.winograd.transposition import transposition_sources
from impls.cpu.winograd.variant import Variant, variant_of
from impls.error_bounds import bound_for

NAMES = ["winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6"]
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
    "problem",
    [
        "mb1ic160ih9oc160kh3ph1",
        "mb2ic33ih40oc40kh3ph1",
        "mb1ic256ih5iw70oc96kh3kw3ph1pw1",
        "mb2ic17ih9iw300oc19kh3kw3ph1pw1",
    ],
)
def test_blocks_of_tiles_and_of_frequencies(name: str, layout: str, problem: str) -> None:
    _check(name, ConvProblem.parse(problem, bias=True), layout)


GROUPS = [
    ("spread over vectors", "g7mb1ic28ih9oc28kh3ph1"),
    ("spread over vectors, the last slice a part", "g11mb1ic44ih9oc44kh3ph1"),
    ("one channel each", "g19mb2ic19ih6oc19kh3ph1"),
    ("whole vectors", "g3mb1ic96ih13oc96kh3ph1"),
    ("one vector each", "g5mb2ic80ih7oc80kh3ph1"),
    ("more filters than channels", "g6mb1ic18ih8oc192kh3ph1"),
    ("fewer", "g3mb1ic120ih9oc48kh3ph1"),
    ("many channels: blocks of frequencies", "g2mb1ic768ih6oc512kh3ph1"),
    ("neither: by torch", "g3mb1ic15ih9oc21kh3ph1"),
]


def test_strips_of_whole_rows_and_of_parts_are_tested_above() -> None:
    problems = [ConvProblem.parse(text) for text in ("mb2ic33ih40oc40kh3ph1", "mb2ic17ih9iw300oc19kh3kw3ph1pw1")]
    for tile in (2, 4, 5, 6):
        variant = Variant(tile, (3, 3), "float32", "nchw", UNITS["AVX-512"])
        whole, parts = (blocking(variant, p, 2) for p in problems)
        assert whole.strip_run == whole.tiles_of_row
        assert whole.strip_rows > 1
        assert parts.strip_run < parts.tiles_of_row
        assert parts.strip_rows == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("what", "problem"), GROUPS)
def test_groups(name: str, layout: str, what: str, problem: str) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem.parse(problem, bias=True), layout, precision)


def test_all_kinds_of_groups_are_tested_above() -> None:
    problems = [ConvProblem.parse(problem) for _, problem in GROUPS]
    variants = [variant_of(4, p, "float32", "nhwc", UNITS["AVX-512"]) for p in problems]
    assert [v and (v.vectors, v.spread) for v in variants] == [
        (1, 4), (1, 4), (1, 1), (2, 0), (1, 0), (2, 0), (1, 0), (2, 0), None,
    ]  # fmt: skip
    divided = [blocking(v, p, 2) for v, p in zip(variants, problems, strict=True) if v]
    assert [b.channels.slices for b in divided] == [1, 2, 1, 3, 3, 1, 2, 2]
    assert {b.shares_blocks for b in divided if b.channels.slices > 1} == {0, 1}


def test_both_ways_of_dividing_work_are_tested_above() -> None:
    variant = Variant(4, (3, 3), "float32", "nhwc", vector_unit())
    problems = [ConvProblem.parse(text) for text in ("mb1ic384ih9oc384kh3ph1", "mb2ic33ih40oc40kh3ph1")]
    assert all([blocking(variant, p, n).shares_blocks for p in problems] == [1, 0] for n in (1, 2, 4))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "problem",
    ["mb1ic160ih9oc160kh3ph1", "mb1ic20ih30oc40kh3ph1", "g11mb1ic44ih9oc44kh3ph1", "g5mb2ic80ih7oc80kh3ph1"],
)
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


KERNELS = [
    *(("winograd-f2", kernel) for kernel in ((2, 2), (4, 4), (5, 3), (2, 6), (7, 7))),
    *(("winograd-f4", kernel) for kernel in ((2, 2), (4, 3), (5, 5))),
    *(("winograd-f5", kernel) for kernel in ((2, 2), (3, 4))),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "kernel"), KERNELS)
def test_other_kernel_sizes(name: str, kernel: tuple[int, int], layout: str) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem(2, 18, (11, 13), 19, kernel, padding=((1, 2), (0, 3)), bias=True), layout, precision)


@pytest.mark.parametrize(("name", "kernel"), [*KERNELS, ("winograd-f5", (3, 3)), ("winograd-f6", (3, 3))])
def test_bounds_of_all_kernel_sizes_tell_fp32_from_tf32(name: str, kernel: tuple[int, int]) -> None:
    """TF32 inputs make an rms error of 2⁻¹¹·√(2/3), whatever the sizes."""
    case = Case(ConvProblem(1, 512, (16, 16), 64, kernel))
    assert bound_for(name, case).rms_limit < 2.0**-11 * (2 / 3) ** 0.5 / 4


@pytest.mark.parametrize(
    ("name", "problem", "reason"),
    [
        ("winograd-f2", "mb1ic4ih9oc4kh8", "kernels of 2 to 7 taps an axis, not 8 × 8"),
        ("winograd-f4", "mb1ic4ih9oc4kh1", "kernels of 2 to 5 taps an axis, not 1 × 1"),
        ("winograd-f6", "mb1ic4ih9oc4kh2", "transforms exist for 3 × 3 kernels, not 2 × 2"),
        (
            "winograd-f4",
            "g2mb1ic6ih9oc6kh5",
            "in groups, kernels other than 3 × 3 need a multiple of",
        ),
    ],
)
def test_refuses_sizes_without_transforms(name: str, problem: str, reason: str) -> None:
    assert reason in str(impls.get(name).why_not(Case(ConvProblem.parse(problem))))


def test_refuses_16_bits_on_the_cpu_whatever_the_groups() -> None:
    for problem in ("mb1ic16ih9oc16kh3", "g2mb1ic16ih9oc16kh5"):
        assert "not in fp16" in str(impls.get("winograd-f4").why_not(Case(ConvProblem.parse(problem), "fp16")))


class Machine:
    """Runs generated kernels and their drivers as plain Python on one array for all memory, and counts operations."""

    def __init__(self, variant: Variant, elements: int) -> None:
        self.lanes, self.size = variant.lanes, variant.element_bytes
        self.memory = np.full(elements, np.nan)
        self.flops = 0
        self.kernels: list[Any] = []

    def at(self, address: int, offset: int) -> int:
        assert address % self.size == 0
        return int(address) // self.size + int(offset)

    def load(self, a: int, o: int) -> np.ndarray[Any, Any]:
        return self.load_first(a, o, self.lanes)

    def store(self, a: int, o: int, x: np.ndarray[Any, Any]) -> None:
        self.store_first(a, o, x, self.lanes)

    def load_first(self, a: int, o: int, n: int) -> np.ndarray[Any, Any]:
        made, n = np.zeros(self.lanes), min(max(n, 0), self.lanes)
        place = self.at(a, o) if n else 0
        assert 0 <= place <= len(self.memory) - n
        made[:n] = self.memory[place : place + n]
        return made

    def store_first(self, a: int, o: int, x: np.ndarray[Any, Any], n: int) -> None:
        n = min(max(n, 0), self.lanes)
        place = self.at(a, o) if n else 0
        assert 0 <= place <= len(self.memory) - n
        self.memory[place : place + n] = x[:n]

    def counted(self, flops: int, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        self.flops += flops * self.lanes
        return value

    def blocks(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], size: int, odd: int) -> np.ndarray[Any, Any]:
        """Every other block of x and of y in turn."""
        both = [v.reshape(-1, 2, size)[:, odd] for v in (x, y)]
        return np.stack(both, axis=1).ravel()

    def operations(self) -> dict[str, Any]:
        sizes = [1 << k for k in range(self.lanes.bit_length() - 1)]
        moves = {
            f"{which}_blocks_{size}": partial(self.blocks, size=size, odd=odd)
            for size in sizes
            for odd, which in enumerate(("even", "odd"))
        }
        return moves | {
            "zero": lambda: np.zeros(self.lanes),
            # Of no effect, wherever it points.
            "prefetch": lambda a, o: None, "prefetch_to_write": lambda a, o: None,
            **{
                f"spread_{size}_{lane}": lambda x, size=size, lane=lane: x.reshape(-1, size)[:, lane].repeat(size)
                for size in sizes
                for lane in range(size)
            },
            "load": self.load, "store": self.store, "load_first": self.load_first, "store_first": self.store_first,
            "add": lambda x, y: self.counted(1, x + y),
            "sub": lambda x, y: self.counted(1, x - y),
            "scale": lambda x, k: self.counted(1, x * k),
            "fma_scaled": lambda x, k, z: self.counted(2, x * k + z),
            "fma": lambda x, y, z: self.counted(2, x * y + z),
            "fma_broadcast": lambda a, o, y, z: self.counted(2, self.memory[self.at(a, o)] * y + z),
        }  # fmt: skip

    def kernel(self, text: str, name: str) -> int:
        """The number by which a generated kernel is called."""
        names = self.operations() | {"kernel": lambda arguments: lambda function: function}
        exec(text[text.index("@kernel") :], names)
        self.kernels.append(names[name])
        return len(self.kernels) - 1

    def driver(self, name: str) -> Any:
        """A driver of impls.cpu.winograd.drivers that runs in Python and calls kernels by their numbers."""
        names: dict[str, Any] = {
            "np": np, "numba": SimpleNamespace(prange=range), "min": min, "max": max, "range": range,
            "call": lambda address, arguments: self.kernels[address](*arguments),
        }  # fmt: skip
        compiled = {key: value for key, value in vars(winograd_drivers).items() if hasattr(value, "py_func")}
        names |= {key: FunctionType(value.py_func.__code__, names) for key, value in compiled.items()}
        return names[name]


UNITS = {
    "no AVX": unit_of({}, "x86_64"),
    "AVX2": unit_of({"avx": True, "fma": True}, "x86_64"),
    "AVX-512": unit_of({"avx512f": True}, "x86_64"),
    "NEON": unit_of({}, "aarch64"),
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tile", [2, 4, 5, 6])
@pytest.mark.parametrize(("channels", "filters", "groups"), [(5, 6, 1), (10, 10, 5), (9, 48, 3), (40, 40, 20)])
def test_the_text_is_right_for_every_vector_unit_and_its_flops_are_counted(
    channels: int, filters: int, groups: int, tile: int, layout: str, unit: str
) -> None:
    """Computed in float64 by an interpreter that counts, for vector units that this processor may lack."""
    problem = ConvProblem(2, channels, (7, 10), filters, (3, 3), padding=((1, 0), (2, 1)), groups=groups, bias=True)
    inputs = draw(Case(problem, "fp64", layout), 3)
    variant = variant_of(tile, problem, "float32", layout, UNITS[unit])
    assert variant is not None
    blocks = blocking(variant, problem, 2)
    order = (0, 1, 2, 3) if layout == "nchw" else (0, 2, 3, 1)
    arrays = {
        "x": inputs.x.permute(order), "u": packed(variant, inputs.weight, blocks.channels),
        "bias": padded(variant, inputs.weight, inputs.bias),
    }  # fmt: skip
    sizes = {n: a.numel() for n, a in arrays.items()} | {
        "y": problem.outputs,
        "work": 0,
    }
    # Not-a-numbers around and between the arrays: whatever is read from there shows in the result.
    gap = 64
    places = dict(zip(sizes, accumulate(sizes.values(), lambda at, n: at + n + gap, initial=gap), strict=False))
    for shares, drive in enumerate(("by_tiles", "by_frequencies")):
        sizes["work"] = replace(blocks, shares_blocks=shares).workspace
        machine = Machine(variant, sum(sizes.values()) + gap * (len(sizes) + 1))
        for name, array in arrays.items():
            machine.memory[places[name] : places[name] + sizes[name]] = array.numpy().ravel()
        before = machine.memory.copy()
        numbers = _numbers(machine, variant, problem)
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


def _numbers(machine: Machine, variant: Variant, problem: ConvProblem) -> SimpleNamespace:
    """The drivers' record with numbers of the machine's kernels for addresses."""
    here = replace(variant, unit=vector_unit())
    record = winograd_drivers.record(here, problem, blocking(variant, problem, 2))
    numbers = SimpleNamespace(**{name: int(record[name][0]) for name in record.dtype.names})
    numbers.lanes, numbers.panel, numbers.rows = variant.lanes, variant.panel, variant.rows
    numbers.half = variant.half
    last, first, clear = transposition_sources(variant.dtype, variant.lanes)
    numbers.channels_last = machine.kernel(last, "channels_last")
    numbers.channels_first = machine.kernel(first, "channels_first")
    numbers.clear = machine.kernel(clear, "clear")
    for border in (False, True):
        suffix = "_border" * border
        setattr(numbers, f"data{suffix}", machine.kernel(data_source(variant, border=border), "data"))
        setattr(numbers, f"inverse{suffix}", machine.kernel(inverse_source(variant, border=border), "inverse"))
    return numbers


@pytest.mark.parametrize("name", NAMES)
def test_work_counts_what_the_plan_keeps_and_needs(name: str) -> None:
    case = Case(ConvProblem.parse("mb1ic64ih28oc48kh3ph1"))
    work = impls.get(name).work(case)
    variant = Variant(int(name[-1]), (3, 3), "float32", "nchw", vector_unit())
    panels = -(-48 // variant.panel) * variant.panel
    assert work.plan_bytes == 4 * (variant.frequencies * panels * 64 + 48)
    assert work.workspace_bytes is not None
    assert work.workspace_bytes < 4 * 2**20 * torch.get_num_threads()
    for problem in ("mb1ic20ih9oc40kh3ph1", "g11mb1ic44ih9oc44kh3ph1", "g5mb1ic80ih9oc80kh3ph1"):
        p = ConvProblem.parse(problem)
        fitting = variant_of(int(name[-1]), p, "float32", "nhwc", vector_unit())
        assert fitting is not None
        weight = torch.ones(p.weight_shape)
        kept = packed(fitting, weight, blocking(fitting, p, 1).channels).numel() + padded(fitting, weight, None).numel()
        assert impls.get(name).work(Case(p, layout="nhwc")).plan_bytes == 4 * kept
    more = impls.get(name).work(replace(case, problem=replace(case.problem, batch=64)))
    assert more.workspace_bytes is not None
    # The workspace is that of a block, whatever the batch.
    assert more.workspace_bytes < 16 * 2**20 * torch.get_num_threads()
