"""Command lines of benchdnn and MIOpenDriver, pasted as problems or lines of a layer file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.sweep.cases import expand
from bench.sweep.config import Config
from bench.sweep.jobs import for_problem
from bench.sweep.layers import read_descriptors
from bench.sweep.overrides import Overrides
from bench.sweep.pasted import read
from bench.sweep.problem_texts import layer_sets
from impls import ConvProblem

BENCHDNN = './benchdnn --conv --dir=FWD_D --dt=bf16 mb1ic64ih56oc64kh3ph1n"res2"*3'
MIOPEN = (
    "MIOpenDriver convfp16 -n 32 -c 48 -H 56 -W 56 -k 48 -y 3 -x 3 -p 1 -q 1 -u 1 -v 1 -l 1 -j 1 "
    "-m conv -g 48 -F 1 -t 1"
)

# (line, descriptor, with a bias, precision, count)
LINES = [
    (BENCHDNN, "mb1ic64ih56oc64kh3ph1", False, "bf16", 3),
    (MIOPEN, "g48mb32ic48ih56oc48kh3ph1", False, "fp16", 1),
    # Without --dir, benchdnn has a bias; without --dt, f32; without mb, two images.
    ("benchdnn --conv ic3ih8oc4kh3", "mb2ic3ih8oc4kh3", True, "fp32", 1),
    ("benchdnn --conv -v5 --mode=P --dir=FWD_I --mb=4 --cfg=f16 ic3ih8oc4kh3", "mb4ic3ih8oc4kh3", False, "fp16", 1),
    ("/opt/benchdnn --conv --dir=FWD_D --dt=f64:f64:f64 ic3ih8oc4kh3", "mb2ic3ih8oc4kh3", False, "fp64", 1),
    # The defaults of MIOpenDriver.
    ("./bin/MIOpenDriver conv -F 1", "mb100ic3ih32oc32kh3", False, "fp32", 1),
    (
        "MIOpenDriver convbfp16 --batchsize 2 --in_channels=4 --in_h 9 --in_w 7 --fil_h 3 --fil_w 5 --conv_stride_h 2 "
        "--dilation_w 1 --pad_mode same --bias 1 -k 8 -V 0",
        "mb2ic4ih9iw7oc8kh3kw5sh2sw1ph1pw2", True, "bf16", 1,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "descriptor", "bias", "precision", "count"), LINES, ids=[entry[0] for entry in LINES])
def test_a_pasted_line_is_a_layer(line: str, descriptor: str, bias: bool, precision: str, count: int) -> None:
    layer = read(line)
    assert layer is not None
    assert (layer.problem, layer.precision, layer.count) == (ConvProblem.parse(descriptor, bias=bias), precision, count)
    assert layer_sets([line])[0].layers == (layer,)
    assert read_descriptors(f"# pasted\n  {line}  # a comment\n", "t", "t.txt").layers == (layer,)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--mode=P --conv ic3ih8oc4kh3", "begin the line with benchdnn, as in benchdnn --mode=P --conv ic3ih8oc4kh3"),
        ("conv -n 1 -c 3", "begin the line with MIOpenDriver, as in MIOpenDriver conv -n 1 -c 3"),
        ("benchdnn --matmul 2x3:3x4", "--matmul of benchdnn is not read"),
        ("benchdnn --dt=f32 ic3ih8oc4kh3", "the line has no --conv"),
        ("benchdnn --conv", "the line has 0 problems; allowed: one descriptor"),
        ("benchdnn --conv --dir=BWD_D ic3ih8oc4kh3", "--dir is 'BWD_D'; allowed: FWD_B, FWD_D, FWD_I"),
        ("benchdnn --conv --dt=u8:s8:u8 ic3ih8oc4kh3", "--dt is 'u8:s8:u8'; allowed: f64, f32, bf16, f16"),
        ("benchdnn --conv --mb=x ic3ih8oc4kh3", "--mb is 'x'; allowed: a whole number"),
        ("benchdnn --conv --attr-post-ops=relu ic3ih8oc4kh3", "--attr-post-ops of benchdnn is not read"),
        ("benchdnn --conv ic3ih8oc4zh3", "column 10: 'zh3' is no field"),
        ('benchdnn --conv ic3ih8oc4kh3n"a', "open quote"),
        ("MIOpenDriver pool -n 1", "the command of MIOpenDriver is 'pool'; allowed: conv, convfp16, convbfp16"),
        ("MIOpenDriver conv -m trans", "--mode is 'trans'; allowed: conv"),
        ("MIOpenDriver conv -F 2", "--forw 2 is a backward pass"),
        ("MIOpenDriver conv -n", "--batchsize is ''; allowed: a whole number"),
        ("MIOpenDriver conv --spatial_dim 3", "--spatial_dim is 3; allowed: 2"),
        ("MIOpenDriver conv -Q 3", "--Q of MIOpenDriver is not read"),
    ],
)
def test_a_line_of_anything_else_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(line)
    assert sentence in str(caught.value)
    with pytest.raises(UsageError, match=r"^bad\.txt, line 2, column 1: "):
        read_descriptors(f"ic3ih8oc4kh3\n{line}", "bad", "bad.txt")


@pytest.mark.parametrize("text", ["mb1ic3ih8oc4kh3", "benchdnn", "mybenchdnn --conv ic3ih8oc4kh3", ""])
def test_other_text_is_no_command_line(text: str) -> None:
    assert read(text) is None


def test_measure_takes_the_precision_of_the_line() -> None:
    (planned,) = for_problem(BENCHDNN, Overrides(devices=("cpu",)), "").cases
    assert (planned.case.precision, planned.case.problem.descriptor) == ("bf16", "mb1ic64ih56oc64kh3ph1")
    with pytest.raises(UsageError, match="every line says its own precision, here bf16; leave out --precision"):
        for_problem(BENCHDNN, Overrides(devices=("cpu",), precisions=("fp32",)), "")


def test_a_sweep_measures_lines_in_their_own_precision(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(f"{BENCHDNN}\nmb1ic3ih8oc4kh3\nmb1ic64ih56oc64kh3ph1\n")
    cases = expand(Config(name="t", layers=(str(file),), precisions=("fp32", "fp64")), ("cpu",)).cases
    assert sorted((p.case.problem.in_channels, p.case.precision) for p in cases) == [
        (3, "fp32"), (3, "fp64"), (64, "bf16"), (64, "fp32"), (64, "fp64")
    ]  # fmt: skip


def test_equal_sizes_in_two_precisions_are_two_layers() -> None:
    problem = ConvProblem.parse("mb1ic64ih56oc64kh3ph1")
    found = read_descriptors(f"{BENCHDNN}\n{BENCHDNN}\n{problem.descriptor}", "t", "t.txt")
    assert found.layers == (Layer(problem, "res2", 6, "bf16"), Layer(problem, problem.descriptor, 1))
