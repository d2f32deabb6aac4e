"""Pasted text as problems of commands, as lines of a layer file, and as a whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.layer import Layer
from bench.errors import UsageError
from bench.networks.pasted.formats import is_pasted, read_line, read_text
from bench.sweep.cases import expand
from bench.sweep.config import Config, load
from bench.sweep.jobs import for_problem
from bench.sweep.layers import read_descriptors, read_file
from bench.sweep.overrides import Overrides
from bench.sweep.problem_texts import layer_sets, one_layer
from impls import ConvProblem

BENCHDNN = './benchdnn --conv --dir=FWD_D --dt=bf16 mb1ic64ih56oc64kh3ph1n"res2"*3'
MIOPEN = (
    "MIOpenDriver convfp16 -n 32 -c 48 -H 56 -W 56 -k 48 -y 3 -x 3 -p 1 -q 1 -u 1 -v 1 -l 1 -j 1 "
    "-m conv -g 48 -F 1 -t 1"
)
CUTLASS = "cutlass_profiler --operation=Conv2d --Activation=f16:nhwc --n=32 --h=56 --w=56 --c=48 --k=64 --g=1"
VERBOSE = (
    "onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,forward_training,src:f32:a:blocked:aBcd16b::f0 "
    "wei:f32:a:blocked:ABcd16b16a::f0 bia:f32:a:blocked:a::f0 dst:f32:a:blocked:aBcd16b::f0,attr-scratchpad:user,"
    "alg:convolution_direct,mb8_ic32oc32_ih56oh56kh3sh1dh0ph1_iw50ow50kw3sw1dw0pw1,5.15186"
)

# (text, descriptor, with a bias, precision, count): the cases of ../shared/cases and one line of each other format.
TEXTS = [
    (BENCHDNN, "mb1ic64ih56oc64kh3ph1", False, "bf16", 3),
    (MIOPEN, "g48mb32ic48ih56oc48kh3ph1", False, "fp16", 1),
    (CUTLASS, "mb32ic48ih56oc64kh3ph1", False, "fp16", 1),
    (VERBOSE, "mb8ic32ih56iw50oc32kh3kw3ph1pw1", True, "fp32", 1),
    ("MIOpenDriver convfp16 \\\n  -n 1 -c 8 \\\n -F 1", "mb1ic8ih32oc32kh3", False, "fp16", 1),
]


@pytest.mark.parametrize(("text", "descriptor", "bias", "precision", "count"), TEXTS, ids=[t[0][:24] for t in TEXTS])
def test_pasted_text_is_a_layer(text: str, descriptor: str, bias: bool, precision: str, count: int) -> None:
    found = read_text(text)
    assert found is not None
    (layer,) = found.layers
    assert (layer.problem, layer.precision, layer.count) == (ConvProblem.parse(descriptor, bias=bias), precision, count)
    assert is_pasted(text)
    assert layer_sets([text])[0].layers == (layer,)
    assert one_layer(text).layers == (layer,)
    assert load(text).layers == (text,)
    assert [p.case.problem for p in expand(load(text), ("cpu",)).cases] == [layer.problem]
    if "\n" not in text:
        assert read_descriptors(text, "t", "t.txt").layers == (layer,)


@pytest.mark.parametrize("line", [BENCHDNN, MIOPEN, CUTLASS])
def test_a_list_mixes_command_lines_and_descriptors(line: str) -> None:
    found = read_descriptors(f"# pasted\n  {line}  # a comment\nmb1ic3ih8oc4kh3\n", "t", "t.txt")
    assert found.layers == (*one_layer(line).layers, Layer(ConvProblem.parse("mb1ic3ih8oc4kh3"), "mb1ic3ih8oc4kh3"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("conv -n 1 -c 3", "column 1: begin the line with MIOpenDriver, as in MIOpenDriver conv -n 1 -c 3"),
        ("  benchdnn --matmul 2x3:3x4", "column 12: --matmul of benchdnn is not read"),
        ("MIOpenDriver conv -Q 3", "column 19: -Q of MIOpenDriver is not read"),
        ("benchdnn --conv ic3ih8oc4zh3", "column 26: descriptor 'ic3ih8oc4zh3': 'zh3' is no field"),
    ],
)
def test_a_mistake_in_a_list_is_named_with_line_and_column(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_descriptors(f"ic3ih8oc4kh3\n{line}", "bad", "bad.txt")
    assert str(caught.value).startswith(f"bad.txt, line 2, {sentence}")


@pytest.mark.parametrize(
    ("line", "program"),
    [("--mode=P --conv ic3ih8oc4kh3", "benchdnn"), ("--operation=Conv2d --n=1", "cutlass_profiler"),
     ("conv -n 1", "MIOpenDriver")],
)  # fmt: skip
def test_a_line_without_its_program_says_which_is_missing(line: str, program: str) -> None:
    with pytest.raises(UsageError, match=f"begin the line with {program}, as in {program} {line}"):
        read_line(line)


@pytest.mark.parametrize("text", ["mb1ic3ih8oc4kh3", "benchdnn", "mybenchdnn --conv ic3ih8oc4kh3", "", "resnet-50"])
def test_other_text_is_not_pasted(text: str) -> None:
    assert read_text(text) is None
    assert not is_pasted(text)


def test_text_that_ends_like_a_file_is_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shapes.txt").write_text("mb1ic3ih8oc4kh3\nmb1ic4ih8oc4kh3\n")
    text = "benchdnn --conv --dir=FWD_D --batch=shapes.txt"
    assert [layer.problem.in_channels for layer in layer_sets([text])[0].layers] == [3, 4]
    assert load(text).with_whole_paths().layers == (f"benchdnn --conv --dir=FWD_D --batch={tmp_path}/shapes.txt",)
    with pytest.raises(UsageError, match="the text has 2 layers, and this command takes one problem"):
        one_layer(text)


def test_long_text_is_no_file_name() -> None:
    """A name of a file has at most 255 bytes; asking for a longer one fails."""
    text = "benchdnn --conv --dir=FWD_D " + " ".join(f"mb1ic{n}ih8oc4kh3" for n in range(1, 40))
    assert len(load(text).layers) == 1
    assert len(layer_sets([text])[0].layers) == 39


def test_what_is_left_out_reaches_count_and_sweep(tmp_path: Path) -> None:
    log = tmp_path / "mine.log"
    log.write_text(f"epoch 1\n{VERBOSE}\n{VERBOSE.replace('convolution,', 'reorder,', 1)}\n{VERBOSE}\n")
    found = read_file(log)
    assert [layer.count for layer in found.layers] == [2]
    assert found.left_out == ("1 × line of other text", "1 × reorder")
    assert expand(load(str(log)), ("cpu",)).skipped == ("of mine: 1 × line of other text", "of mine: 1 × reorder")
    assert for_problem(log.read_text(), Overrides(devices=("cpu",)), "").skipped == found.left_out


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
