"""Command lines of cutlass_profiler."""

from __future__ import annotations

import pytest

from bench.networks.pasted.cutlass import CutlassLine
from bench.networks.pasted.pasted_format import PastedError
from impls import ConvProblem

LINES = [
    # The example of its help.
    (
        "cutlass_profiler --operation=Conv2d --Activation=f16:nhwc --Filter=f16:nhwc --Output=f16 "
        "--accumulator-type=f32 --n=32 --h=14 --w=14 --c=8 --k=64 --r=3 --s=3 --pad_h=1 --pad_w=1 --stride_h=1 "
        "--stride_w=1 --dilation_h=1 --dilation_w=1",
        "mb32ic8ih14oc64kh3ph1", "fp16",
    ),
    # Its defaults; without types, no precision of its own.
    ("./tools/profiler/cutlass_profiler --operation=conv2d", "mb1ic64ih16oc64kh3ph1", None),
    ("cutlass_profiler --operation=Conv2d --input_h=9 --s=5 --pad_w=2 --stride_h=2 --dilation_h=2 --g=2",
     "g2mb1ic64ih9iw16oc64kh3kw5sh2sw1ph1pw2dh1dw0", None),
    # An output that is given determines the trailing padding.
    ("cutlass_profiler --operation=Conv2d --h=8 --w=8 --p=8 --q=8 --pad_h=0 --pad_w=0 --Activation=bf16",
     "mb1ic64ih8oc64oh8kh3ph0", "bf16"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "descriptor", "precision"), LINES, ids=[entry[0] for entry in LINES])
def test_a_line_is_a_layer(line: str, descriptor: str, precision: str | None) -> None:
    assert CutlassLine().recognises(line)
    (layer,) = CutlassLine().read(line).layers
    assert (layer.problem, layer.precision) == (ConvProblem.parse(descriptor), precision)


@pytest.mark.parametrize(
    ("options", "column", "sentence"),
    [
        ("--operation=Gemm --m=8", 18, "--m of cutlass_profiler is not read|--operation is 'Gemm'; allowed: conv2d"),
        ("--operation=Conv2d --conv_kind=dgrad", 37, "--conv_kind is 'dgrad'; allowed: fprop"),
        ("--operation=Conv2d --conv_mode=conv", 37, "--conv_mode is 'conv'; allowed: cross"),
        ("--operation=Conv2d --beta=1", 37, "--beta is '1'; allowed: 0"),
        ("--operation=Conv2d --n=8:64:8", 37, "--n is '8:64:8'; allowed: a whole number"),
        ("--operation=Conv2d --Activation=s8:nhwc", 37, "the type of --Activation is 's8'; allowed: f64"),
        ("--operation=Conv2d --Activation=f16 --Output=f32", 54, "--Output is fp32, another tensor fp16"),
        ("--operation=Conv2d -n 3", 37, "'-n' is no option of cutlass_profiler"),
        ("--operation=Conv2d --d=3", 37, "--d of cutlass_profiler is not read"),
        ("--n=3", 1, "--operation is ''; allowed: conv2d"),
        ("--operation=Conv2d --p=3", 1, "descriptor"),
    ],
)
def test_a_line_of_anything_else_is_refused(options: str, column: int, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        CutlassLine().read(f"cutlass_profiler {options}")
    if "Gemm" not in options:
        assert caught.value.column == column
    assert caught.value.message.startswith(tuple(sentence.split("|")))
