"""Sizes, counts and canonical padding of a problem; impossible sizes are refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impls import ConvProblem, ProblemError


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "dilation", "outputs"),
    [
        (32, 6, 2, (0, 0), 1, 14),
        (7, 3, 1, (0, 0), 1, 5),
        (7, 3, 2, (0, 0), 1, 3),
        (224, 7, 2, (3, 3), 1, 112),
        (9, 3, 1, (1, 1), 1, 9),
        (9, 3, 1, (2, 2), 2, 9),
        (8, 4, 1, (1, 2), 1, 8),
        (5, 5, 3, (0, 0), 1, 1),
        (1, 1, 7, (0, 0), 1, 1),
    ],
)
def test_output_size_is_known(
    size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int, outputs: int
) -> None:
    p = ConvProblem(1, 3, (size, size), 4, (kernel, kernel), (stride,) * 2, (padding,) * 2, (dilation,) * 2)
    assert p.output_size == (outputs, outputs)


def test_counts_of_a_resnet_layer_are_known() -> None:
    p = ConvProblem.parse("mb2ic64ih56oc128kh3ph1", bias=True)
    assert p.output_shape == (2, 128, 56, 56)
    assert p.parameters == 3 * 3 * 64 * 128 + 128
    assert p.macs == 2 * 3 * 3 * 64 * 128 * 56 * 56
    assert p.direct_flops == 2 * p.macs
    assert p.compulsory_bytes(4) == 4 * (2 * 64 * 56 * 56 + p.parameters + 2 * 128 * 56 * 56)


def test_groups_divide_parameters_and_macs() -> None:
    dense, grouped = ConvProblem.parse("mb1ic8ih9oc8kh3"), ConvProblem.parse("g4mb1ic8ih9oc8kh3")
    assert grouped.parameters * 4 == dense.parameters
    assert grouped.macs * 4 == dense.macs
    assert not grouped.is_depthwise
    assert ConvProblem.parse("g8mb1ic8ih9oc8kh3").is_depthwise


def test_an_empty_batch_is_a_problem_without_work() -> None:
    p = ConvProblem.parse("mb0ic3ih5oc2kh3")
    assert (p.output_shape, p.macs) == ((0, 2, 3, 3), 0)


@pytest.mark.parametrize(
    ("given_padding", "kept"),
    [
        ((1, 1), (1, 1)),
        ((0, 1), (0, 1)),
        ((2, 0), (2, 0)),
        # Stride 2 never reads the second trailing position: the outputs are the same without it.
        ((0, 2), (0, 1)),
    ],
)
def test_equal_convolutions_are_equal_problems(given_padding: tuple[int, int], kept: tuple[int, int]) -> None:
    p = ConvProblem(1, 1, (5, 5), 1, (2, 2), (2, 2), (given_padding, (0, 0)))
    assert p.padding[0] == kept


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": -1}, "batch is -1; allowed: 0 or more"),
        ({"in_channels": 0}, "in_channels is 0"),
        ({"out_channels": -2}, "out_channels is -2"),
        ({"groups": 0}, "groups is 0"),
        ({"groups": 3}, "groups 3 does not divide in_channels 4"),
        ({"groups": 4, "out_channels": 6}, "groups 4 does not divide out_channels 6"),
        ({"size": (0, 5)}, "size height is 0"),
        ({"kernel": (3, 0)}, "kernel width is 0"),
        ({"stride": (0, 1)}, "stride height is 0"),
        ({"dilation": (1, -1)}, "dilation width is -1"),
        ({"padding": ((0, -1), (0, 0))}, "padding bottom is -1"),
        ({"kernel": (6, 3)}, "the kernel spans 6 positions of height, but the padded input has 5"),
        ({"dilation": (1, 3)}, "the kernel spans 7 positions of width"),
        ({"batch": 1.5}, "a size is 1.5; allowed: whole numbers"),
        ({"stride": (True, 1)}, "a size is True"),
        ({"size": 8}, "size is 8; allowed: a pair"),
        ({"size": [8, 8]}, "size is [8, 8]; allowed: a pair"),
        ({"padding": (1, 1)}, "padding is (1, 1); allowed: ((top, bottom), (left, right))"),
    ],
)
def test_impossible_sizes_are_refused_in_words(change: dict[str, object], message: str) -> None:
    sizes: dict[str, object] = {
        "batch": 1, "in_channels": 4, "size": (5, 5), "out_channels": 4, "kernel": (3, 3),
        "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1,
    }  # fmt: skip
    with pytest.raises(ProblemError) as error:
        ConvProblem(**{**sizes, **change})  # type: ignore[arg-type]
    assert message in str(error.value)


def test_from_tensors_reads_shapes_and_arguments() -> None:
    x, w, b = torch.empty(2, 6, 9, 8), torch.empty(4, 3, 3, 2), torch.empty(4)
    p = ConvProblem.from_tensors(x, w, b, stride=2, padding=((1, 0), (0, 1)), dilation=(1, 2), groups=2)
    assert p.output_shape == (2, 4, 4, 4)
    assert p.bias
    assert ConvProblem.from_tensors(x[0], w, groups=2).batch == 1


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7])
def test_same_padding_gives_the_ceiling_of_size_over_stride(kernel: int, stride: int) -> None:
    x, w = torch.empty(1, 1, 10, 7), torch.empty(1, 1, kernel, kernel)
    p = ConvProblem.from_tensors(x, w, stride=stride, padding="same")
    assert p.output_size == (-(-10 // stride), -(-7 // stride))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"padding": "full"}, "padding 'full' is not understood"),
        ({"padding": (1, 2, 3)}, "padding (1, 2, 3) is not understood"),
        ({"stride": "2"}, "stride '2' is not understood"),
        ({"stride": 0}, "stride height is 0"),
        ({"groups": 2}, "weight takes 3 channels a group in 2 groups, but x has 3 channels"),
    ],
)
def test_from_tensors_refuses_wrong_arguments_in_words(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ProblemError) as error:
        ConvProblem.from_tensors(torch.empty(1, 3, 5, 5), torch.empty(2, 3, 3, 3), **arguments)  # type: ignore[arg-type]
    assert message in str(error.value)


@given(
    size=st.integers(1, 40), kernel=st.integers(1, 9), stride=st.integers(1, 5), dilation=st.integers(1, 3),
    leading=st.integers(0, 6), trailing=st.integers(0, 6),
)  # fmt: skip
def test_output_size_is_the_number_of_places_of_the_kernel(
    size: int, kernel: int, stride: int, dilation: int, leading: int, trailing: int
) -> None:
    span = dilation * (kernel - 1) + 1
    starts = range(0, size + leading + trailing - span + 1, stride)
    if not starts:
        return
    p = ConvProblem(1, 1, (size, 1), 1, (kernel, 1), (stride, 1), ((leading, trailing), (0, 0)), (dilation, 1))
    assert p.output_size[0] == len(starts)
