"""Command lines of MIOpenDriver."""

from __future__ import annotations

import pytest

from bench.networks.pasted.miopen import MIOpenLine
from bench.networks.pasted.pasted_format import PastedError
from impls import ConvProblem

LINES = [
    # The defaults of the program.
    ("./bin/MIOpenDriver conv -F 1", "mb100ic3ih32oc32kh3", False, "fp32"),
    ("MIOpenDriver convfp16 -n 1 -c 8 -g 8 -k 8 -H 9 -W 9 -l 2 -j 2", "g8mb1ic8ih9oc8kh3dh1", False, "fp16"),
    (
        "MIOpenDriver convbfp16 --batchsize 2 --in_channels=4 --in_h 9 --in_w 7 --fil_h 3 --fil_w 5 --conv_stride_h 2 "
        "--dilation_w 1 --pad_mode same --bias 1 -k 8 -V 0",
        "mb2ic4ih9iw7oc8kh3kw5sh2sw1ph1pw2", True, "bf16",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "descriptor", "bias", "precision"), LINES, ids=[entry[0] for entry in LINES])
def test_a_line_is_a_layer(line: str, descriptor: str, bias: bool, precision: str) -> None:
    assert MIOpenLine().recognises(line)
    (layer,) = MIOpenLine().read(line).layers
    assert (layer.problem, layer.precision) == (ConvProblem.parse(descriptor, bias=bias), precision)


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("MIOpenDriver pool -n 1", 14, "the command of MIOpenDriver is 'pool'; allowed: conv, convfp16, convbfp16"),
        ("MIOpenDriver ", 14, "the command of MIOpenDriver is ''; allowed: conv"),
        ("MIOpenDriver conv -n 1 -m trans", 27, "--mode is 'trans'; allowed: conv"),
        ("MIOpenDriver conv -F 2", 22, "--forw 2 is a backward pass"),
        ("MIOpenDriver conv -n", 19, "--batchsize is ''; allowed: a whole number"),
        ("MIOpenDriver conv -n -c", 22, "--batchsize is '-c'; allowed: a whole number"),
        ("MIOpenDriver conv --spatial_dim 3", 33, "--spatial_dim is 3; allowed: 2"),
        ("MIOpenDriver conv -n 1 -Q 3", 24, "-Q of MIOpenDriver is not read"),
        ("MIOpenDriver conv --pad_val 3", 19, "--pad_val of MIOpenDriver is not read"),
        ("MIOpenDriver conv 3", 19, "'3' is no option of MIOpenDriver"),
        ("MIOpenDriver conv -y 40", 14, "the kernel spans 40 positions"),
    ],
)
def test_a_line_of_anything_else_is_refused(line: str, column: int, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        MIOpenLine().read(line)
    assert caught.value.column == column
    assert caught.value.message.startswith(sentence)
