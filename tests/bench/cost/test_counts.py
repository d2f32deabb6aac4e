"""Counts of operations and bytes, compared with counts by hand and by fvcore."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.cost.counts import Needed, dense_equivalent, executed, fvcore_macs, needed
from impls import Case, ConvProblem, Implementation, Work


@pytest.mark.parametrize(
    ("descriptor", "parameters", "macs"),
    [
        ("mb1ic1ih1oc1kh1", 2, 1),
        ("mb1ic1ih4oc1kh3", 16 * 4 + 4, 16 * 4),
        ("mb1ic3ih8oc4kh3ph1", 192 * 256 + 256, 192 * 256),
        ("mb5ic3ih8oc4kh3ph1", 192 * 256 + 256, 5 * 192 * 256),
        ("mb0ic3ih8oc4kh3ph1", 192 * 256 + 256, 0),
        ("g2mb1ic4ih6oc2kh3sh2", 144 * 8 + 8, 144 * 8),
        ("mb1ic2ih3iw5oc7kh3kw1", 30 * 35 + 35, 30 * 35),
    ],
)
def test_the_dense_equivalent_connects_all_inputs_with_all_outputs(descriptor: str, parameters: int, macs: int) -> None:
    dense = dense_equivalent(ConvProblem.parse(descriptor))
    assert (dense.parameters, dense.macs) == (parameters, macs)


def test_a_convolution_over_the_whole_image_is_its_dense_equivalent() -> None:
    p = ConvProblem.parse("mb3ic5ih6oc7kh6", bias=True)
    dense = dense_equivalent(p)
    assert (dense.parameters, dense.macs) == (p.parameters, p.macs)


FVCORE = [
    "mb1ic1ih1oc1kh1",
    "mb1ic3ih8oc4kh3ph1",
    "mb4ic3ih8oc4kh3ph1",
    "mb1ic3ih224oc64oh112kh7sh2ph3",
    "mb1ic64ih56oc64kh3ph1",
    "g64mb1ic64ih14oc64kh3ph1",
    "g2mb1ic48ih27oc128kh5ph2",
    "mb1ic4ih12oc6kh3dh1ph2",
    "mb2ic3ih7iw9oc4kh3kw5sh2sw1ph1pw0",
    "mb1ic3ih8oc4oh8kh2ph0",
    "mb1ic512ih14oc512kh3ph1",
    "mb1ic4096ih4096oc4096kh3ph1",
]


@pytest.mark.parametrize("bias", [False, True], ids=["plain", "bias"])
@pytest.mark.parametrize("descriptor", FVCORE)
def test_fvcore_counts_the_same(descriptor: str, bias: bool) -> None:
    p = ConvProblem.parse(descriptor, bias=bias)
    assert fvcore_macs(p) == p.macs > 0


class _Known(Implementation):
    name = "known"

    def work(self, case: Case) -> Work:
        return Work(flops=7, bytes_moved=8, workspace_bytes=0)


class _Unknown(Implementation):
    name = "unknown"


class _Unable(Implementation):
    name = "unable"
    devices = ("cuda",)

    def work(self, case: Case) -> Work:
        raise AssertionError("asked for the work of a case that it does not compute")


def test_executed_work_is_taken_from_each_implementation() -> None:
    case = Case(ConvProblem.parse("mb1ic1ih4oc1kh3"))
    known, unknown, unable = executed(case, [_Known(), _Unknown(), _Unable()])
    assert (known.implementation, known.reason) == ("known", None)
    assert (known.flops, known.bytes_moved, known.workspace_bytes) == (7, 8, 0)
    assert (unknown.reason, unknown.flops, unknown.bytes_moved, unknown.workspace_bytes) == (None,) * 4
    assert unable.reason == "runs on cuda, not on cpu"
    assert (unable.flops, unable.bytes_moved, unable.workspace_bytes) == (None,) * 3


def _by_loops(p: ConvProblem, size: int) -> Needed:
    """Count every pair of output and tap in loops."""
    products = 0
    met: set[tuple[int, int]] = set()
    for i in range(p.output_size[0]):
        for j in range(p.output_size[1]):
            for a in range(p.kernel[0]):
                for b in range(p.kernel[1]):
                    row = i * p.stride[0] + a * p.dilation[0] - p.padding[0][0]
                    column = j * p.stride[1] + b * p.dilation[1] - p.padding[1][0]
                    if 0 <= row < p.size[0] and 0 <= column < p.size[1]:
                        products += 1
                        met.add((row, column))
    macs = p.batch * p.out_channels * (p.in_channels // p.groups) * products
    return Needed(2 * macs, size * (p.batch * p.in_channels * len(met) + p.parameters + p.outputs))


@pytest.mark.parametrize("bias", [False, True], ids=["plain", "bias"])
@pytest.mark.parametrize(
    "descriptor",
    [
        "mb1ic1ih1oc1kh1",
        "mb1ic1ih1oc1kh1ph1",
        "mb2ic4ih8oc6kh3ph1",
        "mb1ic4ih9oc4kh1sh2",
        "mb1ic4ih9oc4kh1sh3ph1",
        "g2mb1ic4ih7iw9oc6kh3kw2sh2sw1ph0pw1dh1dw0",
        "mb1ic2ih5oc3kh11ph5",
        "mb1ic3ih9iw1oc2kh4kw1sh4sw2ph0pw3dh0dw1",
        "mb1ic1ih6oc1oh6kh3sh1ph2dh2",
        "mb0ic3ih8oc4kh3ph1",
    ],
)
def test_needed_work_equals_a_count_by_loops(descriptor: str, bias: bool) -> None:
    p = ConvProblem.parse(descriptor, bias=bias)
    assert needed(Case(p, "bf16")) == _by_loops(p, 2)
    assert needed(Case(p)).flops <= p.direct_flops
    assert needed(Case(p)).bytes <= Case(p).compulsory_bytes


@given(
    st.integers(1, 30), st.integers(1, 8), st.integers(1, 9), st.integers(0, 12), st.integers(1, 8)
)  # fmt: skip
def test_read_positions_are_counted_as_by_a_loop(size: int, kernel: int, stride: int, lead: int, dilation: int) -> None:
    assume(dilation * (kernel - 1) < size + 2 * lead)
    p = ConvProblem(
        1, 1, (size, 1), 1, (kernel, 1), (stride, 1), ((lead, lead), (0, 0)), (dilation, 1)
    )  # fmt: skip
    met = {o * stride + t * dilation - lead for o in range(p.output_size[0]) for t in range(kernel)}
    case = Case(p)
    assert needed(case).bytes == 4 * (len(met & set(range(size))) + p.parameters + p.outputs)


def test_needed_work_of_huge_sizes_is_counted_at_once() -> None:
    p = ConvProblem.parse("mb1ic1ih999999999999999999oc1kh100000000000000000ph3")
    assert needed(Case(p)).bytes == 4 * (p.size[0] ** 2 + p.parameters + p.outputs)
