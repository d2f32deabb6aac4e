"""Tables of torch.profiler: shapes and FLOPs of rows that torch wrote, and rows that say too little."""

from __future__ import annotations

import pytest

from bench.networks.pasted.pasted_format import PastedError
from bench.networks.pasted.profiler_table import ProfilerTable
from impls import ConvProblem

HEADER = "  Name   Self CPU %   Self CPU   CPU total %   CPU total  CPU time avg   # of Calls   Input Shapes  Total {}"


def table(*rows: tuple[str, int, str, str], unit: str = "KFLOPs", header: str = HEADER) -> str:
    """A table with the columns that are read; (name, calls, shapes, FLOPs)."""
    lines = [
        f"  {name}   0.94%   144.979us   18.24%   2.801ms   2.801ms    {calls}   {shapes}   {flops}  "
        for name, calls, shapes, flops in rows
    ]
    return "\n".join(
        ["-----  -----", header.format(unit), "-----  -----", *lines, "-----  -----", "Self CPU time: 1ms"]
    )


def shapes(image: str, weights: str, bias: str = "") -> str:
    return f"[[{image}], [{weights}], [{bias}], [], [], [], []]"


STEM = ("aten::conv2d", 1, shapes("1, 3, 64, 48", "16, 3, 7, 7"), "3612.672")

# Rows that torch wrote, (row, unit, descriptor, bias, count).
ROWS = [
    (STEM, "KFLOPs", "mb1ic3ih64iw48oc16kh7kw7sh2sw2ph3pw3", False, 1),
    (("aten::conv2d", 2, shapes("1, 16, 32, 24", "16, 16, 3, 3", "16"), "7077.888"), "KFLOPs",
     "mb1ic16ih32iw24oc16kh3kw3ph1pw1", True, 2),
    (("aten::conv2d", 1, shapes("1, 16, 32, 24", "16, 1, 3, 3", "16"), "221.184"), "KFLOPs",
     "g16mb1ic16ih32iw24oc16kh3kw3ph1pw1", True, 1),
    (("aten::conv2d", 1, shapes("1, 16, 32, 24", "8, 16, 1, 1", "8"), "49.152"), "KFLOPs",
     "mb1ic16ih32iw24oc8kh1kw1sh2sw2", True, 1),
    # Of AlexNet: padding 2 and 3 have as many outputs, and the smaller is taken.
    (("aten::conv2d", 1, shapes("1, 3, 224, 224", "64, 3, 11, 11", "64"), "0.141"), "GFLOPs",
     "mb1ic3ih224oc64kh11sh4ph2", True, 1),
    # Shapes that the table cut off.
    (("aten::conv2d", 1, "[[1, 16, 32, 24], [16, 16, 3, 3], [16], [], [], [", "3538.944"), "KFLOPs",
     "mb1ic16ih32iw24oc16kh3kw3ph1pw1", True, 1),
    # A patch embedding: the stride of the kernel.
    (("aten::conv2d", 1, shapes("1, 3, 224, 224", "8, 3, 16, 16"), "2.408"), "MFLOPs", "mb1ic3ih224oc8kh16sh16",
     False, 1),
]  # fmt: skip


@pytest.mark.parametrize(("row", "unit", "descriptor", "bias", "count"), ROWS, ids=[row[2] for row in ROWS])
def test_a_row_is_a_layer(row: tuple[str, int, str, str], unit: str, descriptor: str, bias: bool, count: int) -> None:
    text = table(row, unit=unit)
    assert ProfilerTable().recognises(text)
    (layer,) = ProfilerTable().read(text).layers
    assert (layer.problem, layer.count) == (ConvProblem.parse(descriptor, bias=bias), count)
    # A table has no types.
    assert layer.precision is None


def test_inner_calls_are_not_counted_twice_and_others_are_named() -> None:
    transposed = shapes("1, 4, 6, 6", "4, 4, 3, 3", "4")
    found = ProfilerTable().read(
        table(
            STEM,
            ("aten::convolution", 1, shapes("1, 3, 64, 48", "16, 3, 7, 7"), "--"),
            ("aten::_convolution", 1, shapes("1, 3, 64, 48", "16, 3, 7, 7"), "--"),
            ("aten::mkldnn_convolution", 1, shapes("1, 3, 64, 48", "16, 3, 7, 7"), "--"),
            ("aten::relu", 1, "[[1, 16, 32, 24]]", "--"),
            ("aten::conv_transpose2d", 1, transposed, "--"),
            ("aten::convolution", 3, transposed, "--"),
            ("aten::convolution_backward", 5, transposed, "--"),
        )
    )
    assert len(found.layers) == 1
    assert found.left_out[:-1] == (
        "1 × aten::conv_transpose2d", "5 × aten::convolution_backward", "2 × aten::convolution without aten::conv2d",
    )  # fmt: skip
    assert found.left_out[-1].startswith("stride, padding and dilation, which a table of torch.profiler has not")


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (table(STEM, header="Name    Self CPU %    Self CPU    # of Calls"), 2, "the table has no Input Shapes"),
        (table(STEM, header=HEADER.removesuffix("Total {}")), 2, "the table has no FLOPs, so that strides"),
        (table((*STEM[:3], "--")), 4, "the row of aten::conv2d has no FLOPs; a trace has every size"),
        (table((*STEM[:2], "[[1, 3, 64, 48]]", "1.000")), 4, "the row of aten::conv2d has no calls and shapes"),
        # Two layers of these shapes in one row.
        (table((STEM[0], 2, STEM[2], "5000.000")), 4, "no usual convolution of these shapes has 5000.000"),
        (table(("aten::conv2d", 1, shapes("1, 3, 8", "4, 3, 3"), "1.000")), 4, "[[1, 3, 8], [4, 3, 3], []] are no"),
        (table(("aten::conv2d", 1, shapes("1, 3, 8, 8", "4, 2, 3, 3"), "1.0")), 4, "[[1, 3, 8, 8], [4, 2, 3, 3], []]"),
        (table(("aten::relu", 1, "[[1, 16, 32, 24]]", "--")), 2, "the table has no aten::conv2d"),
    ],
)
def test_what_a_table_does_not_say_is_named_with_its_line(text: str, line: int, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        ProfilerTable().read(text)
    assert caught.value.line == line
    assert caught.value.message.startswith(sentence)


def test_a_table_that_torch_makes_is_read() -> None:
    import torch
    from torch.profiler import ProfilerActivity, profile

    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, 2, 1), torch.nn.ReLU(), torch.nn.Conv2d(8, 4, 1, bias=False))
    x = torch.randn(2, 3, 12, 10)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU], record_shapes=True, with_flops=True) as profiled:
        layers(x)
    text = profiled.key_averages(group_by_input_shape=True).table(row_limit=100)
    assert ProfilerTable().recognises(text)
    assert {layer.problem for layer in ProfilerTable().read(text).layers} == {
        ConvProblem.parse("mb2ic3ih12iw10oc8kh3kw3sh2sw2ph1pw1", bias=True),
        ConvProblem.parse("mb2ic8ih6iw5oc4kh1kw1"),
    }
