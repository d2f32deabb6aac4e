"""Fused Winograd convolution: every remainder and border, groups, kernel sizes, any number of threads."""

from __future__ import annotations

from typing import Any

import numba
import pytest
import torch

import impls
from bench.gate.inputs import draw
from bench.gate.judge import judge
from impls import Case, ConvProblem
from impls.error_bounds import bound_for
from tests.impls.cpu.winograd.problems import GROUPS, LAYOUTS, NAMES
from tests.impls.epilogues import EPILOGUES, require_right


def _check(name: str, problem: ConvProblem, layout: str, precision: str = "fp32") -> None:
    case = Case(problem, precision, layout)
    inputs = draw(case, 5)
    implementation = impls.get(name)
    y = impls.prepare(implementation, case, inputs.weight, inputs.bias)(inputs.x)
    verdict = judge(y, inputs.truth, implementation, case)
    assert verdict.ok, f"{problem.descriptor} {precision} {layout}: {verdict.reason}"


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_size_is_right(name: str, layout: str) -> None:
    for size in range(1, 34):
        _check(name, ConvProblem(1, 2, (size, 34 - size), 3, (3, 3), padding=((1, 1), (1, 1))), layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_channels_is_right(name: str, layout: str) -> None:
    for channels in range(1, 34):
        problem = ConvProblem(1, channels, (5, 7), 34 - channels, (3, 3), padding=((1, 1), (1, 1)), bias=True)
        _check(name, problem, layout)


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((0, 2), (1, 0)), ((3, 0), (0, 4)), ((5, 5), (7, 2))])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_any_padding_and_batch_is_right(name: str, layout: str, padding: Any) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem(3, 17, (9, 6), 18, (3, 3), padding=padding, bias=True), layout, precision)


@pytest.mark.sample(every=3)
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
def test_blocks_of_tiles_and_of_frequencies_are_right(name: str, layout: str, problem: str) -> None:
    _check(name, ConvProblem.parse(problem, bias=True), layout)


@pytest.mark.sample(every=8)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("kind", "problem"), GROUPS)
def test_groups_are_right(name: str, layout: str, kind: str, problem: str) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem.parse(problem, bias=True), layout, precision)


@pytest.mark.full
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "problem",
    # Blocks of frequencies, blocks of tiles; remainders of tiles and of channels; groups.
    [
        "mb1ic160ih9oc160kh3ph1", "mb2ic33ih40oc40kh3ph1", "mb2ic17ih9iw30oc19kh3kw3ph1pw1", "g7mb1ic28ih9oc28kh3ph1",
        "mb1ic3ih1iw1oc5kh3kw3ph1pw1",
    ],
)  # fmt: skip
def test_epilogues_are_right(name: str, layout: str, problem: str) -> None:
    for precision in ("fp32", "fp64"):
        for epilogue in EPILOGUES:
            require_right(name, Case(ConvProblem.parse(problem, bias=True), precision, layout), epilogue)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "problem",
    ["mb1ic160ih9oc160kh3ph1", "mb1ic20ih30oc40kh3ph1", "g11mb1ic44ih9oc44kh3ph1", "g5mb2ic80ih7oc80kh3ph1"],
)
def test_results_are_identical_for_any_number_of_threads(name: str, layout: str, problem: str) -> None:
    case = Case(ConvProblem.parse(problem), layout=layout)
    inputs = draw(case, 1)
    plan = impls.prepare(impls.get(name), case, inputs.weight, None)
    before = numba.get_num_threads()
    try:
        results = []
        for threads in range(1, before + 1):
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


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "kernel"), KERNELS)
def test_other_kernel_sizes_are_right(name: str, kernel: tuple[int, int], layout: str) -> None:
    for precision in ("fp32", "fp64"):
        _check(name, ConvProblem(2, 18, (11, 13), 19, kernel, padding=((1, 2), (0, 3)), bias=True), layout, precision)


@pytest.mark.parametrize(("name", "kernel"), [*KERNELS, ("winograd-f5", (3, 3)), ("winograd-f6", (3, 3))])
def test_bounds_of_all_kernel_sizes_separate_fp32_from_tf32(name: str, kernel: tuple[int, int]) -> None:
    """TF32 inputs make an rms error of 2⁻¹¹·√(2/3), for any sizes."""
    case = Case(ConvProblem(1, 512, (16, 16), 64, kernel))
    assert bound_for(name, case).rms_limit < 2.0**-11 * (2 / 3) ** 0.5 / 4


@pytest.mark.parametrize(
    ("name", "problem", "reason"),
    [
        ("winograd-f2", "mb1ic4ih9oc4kh8", "kernels of 2 to 7 taps an axis, not 8 × 8"),
        ("winograd-f4", "mb1ic4ih9oc4kh1", "kernels of 2 to 5 taps an axis, not 1 × 1"),
        ("winograd-f6", "mb1ic4ih9oc4kh2", "tiles of 6 × 6 outputs have transforms for 3 × 3 kernels, not 2 × 2"),
        (
            "winograd-f4",
            "g2mb1ic6ih9oc6kh5",
            "in groups, kernels other than 3 × 3 need a multiple of",
        ),
    ],
)
def test_sizes_without_transforms_are_refused(name: str, problem: str, reason: str) -> None:
    assert reason in str(impls.get(name).why_not(Case(ConvProblem.parse(problem))))


def test_16_bits_are_refused_on_the_cpu_for_any_groups() -> None:
    for problem in ("mb1ic16ih9oc16kh3", "g2mb1ic16ih9oc16kh5"):
        assert "not in fp16" in str(impls.get("winograd-f4").why_not(Case(ConvProblem.parse(problem), "fp16")))
