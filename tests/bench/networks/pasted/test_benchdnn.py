"""Command lines and batch files of benchdnn: options of lines, of lists and of files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.networks.pasted.benchdnn import BenchdnnBatch, BenchdnnLine
from bench.networks.pasted.pasted_format import PastedError
from impls import ConvProblem

# (line, descriptor, with a bias, precision, count)
LINES = [
    # Without --dir, benchdnn has a bias; without --dt, f32; without mb, two images.
    ("benchdnn --conv ic3ih8oc4kh3", "mb2ic3ih8oc4kh3", True, "fp32", 1),
    ("benchdnn --conv -v5 --mode=P --dir=FWD_I --mb=4 --cfg=f16 ic3ih8oc4kh3", "mb4ic3ih8oc4kh3", False, "fp16", 1),
    ("/opt/benchdnn --conv --dir=FWD_D --dt=f64:f64:f64 ic3ih8oc4kh3", "mb2ic3ih8oc4kh3", False, "fp64", 1),
    ('benchdnn --conv --dir=FWD_D --attr-post-ops= ic3ih8oc4kh3n"a b*2"', "mb2ic3ih8oc4kh3", False, "fp32", 2),
    ("benchdnn --dt=bf16 --reset --conv --dir=FWD_D ic3ih8oc4kh3", "mb2ic3ih8oc4kh3", False, "fp32", 1),
    # What it prints of a problem can be pasted back.
    ("0:PASSED (3 ms) __REPRO: --conv --dir=FWD_D mb1ic3ih8oc4kh3", "mb1ic3ih8oc4kh3", False, "fp32", 1),
]


@pytest.mark.parametrize(("line", "descriptor", "bias", "precision", "count"), LINES, ids=[entry[0] for entry in LINES])
def test_a_line_is_a_layer(line: str, descriptor: str, bias: bool, precision: str, count: int) -> None:
    one = BenchdnnLine(Path())
    assert one.recognises(line)
    (layer,) = one.read(line).layers
    assert (layer.problem, layer.precision, layer.count) == (ConvProblem.parse(descriptor, bias=bias), precision, count)


def test_lists_mean_each_value_and_options_hold_for_what_follows() -> None:
    line = "benchdnn --conv --dir=FWD_D,FWD_B --dt=f32,bf16 --mb=1,8 ic3ih8oc4kh3"
    line += " --dir=FWD_I --dt=f16 --mb=0 mb3ic4ih8oc4kh1"
    found = BenchdnnLine(Path()).read(line).layers
    assert [(one.problem.batch, one.problem.bias, one.precision) for one in found] == [
        (1, False, "fp32"), (8, False, "fp32"), (1, False, "bf16"), (8, False, "bf16"),
        (1, True, "fp32"), (8, True, "fp32"), (1, True, "bf16"), (8, True, "bf16"), (3, False, "fp16"),
    ]  # fmt: skip


BATCH = """# shapes of mine
--dir=FWD_D --dt=bf16
mb1ic3ih8oc4kh3n"first*2"   # a comment
--batch=inner
--reset
mb1ic5ih8oc4kh3
"""


def test_a_batch_file_is_read_with_the_files_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "outer").write_text(BATCH)
    # An inner file shares the options of the outer one.
    (tmp_path / "inner").write_text("mb1ic4ih8oc4kh3\n--dt=f16\nmb1ic4ih9oc4kh3\n")
    seen = [
        (layer.problem.in_channels, layer.precision, layer.problem.bias, layer.count)
        for layer in BenchdnnBatch(tmp_path).read(BATCH).layers
    ]
    assert seen == [(3, "bf16", False, 2), (4, "bf16", False, 1), (4, "fp16", False, 1), (5, "fp32", True, 1)]
    found = BenchdnnLine(tmp_path).read("benchdnn --conv --batch=outer").layers
    assert found == BenchdnnBatch(tmp_path).read(BATCH).layers


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("benchdnn --matmul 2x3:3x4", 10, "--matmul of benchdnn is not read"),
        ("benchdnn --dt=f32 ic3ih8oc4kh3", 1, "the line has no --conv"),
        ("benchdnn --conv", 1, "the line has 0 problems; allowed: descriptors"),
        ("benchdnn --conv --dir=BWD_D ic3ih8oc4kh3", 17, "--dir is 'BWD_D'; allowed: FWD_B, FWD_D, FWD_I"),
        ("benchdnn --conv --dt=u8:s8:u8 ic3ih8oc4kh3", 17, "--dt is 'u8:s8:u8'; allowed: f32, f64, bf16, f16"),
        ("benchdnn --conv --mb=x ic3ih8oc4kh3", 17, "--mb is 'x'; allowed: a whole number"),
        ("benchdnn --conv --attr-post-ops=relu ic3ih8oc4kh3", 17, "--attr-post-ops of benchdnn is not read"),
        ("benchdnn --conv --match='.*kh3' ic3ih8oc4kh3", 17, "--match of benchdnn is not read"),
        ("benchdnn --conv ic3ih8oc4zh3", 26, "descriptor 'ic3ih8oc4zh3': 'zh3' is no field"),
        ("benchdnn --conv ic3ih8oc4kh9", 17, "the kernel spans 9 positions"),
        ('benchdnn --conv ic3ih8oc4kh3n"a', 30, "an open quote begins here"),
        ("benchdnn --conv --batch=nowhere", 17, "there is no file 'nowhere' for --batch"),
    ],
)
def test_a_line_of_anything_else_is_refused(line: str, column: int, sentence: str) -> None:
    with pytest.raises(PastedError) as caught:
        BenchdnnLine(Path()).read(line)
    assert caught.value.column == column
    assert caught.value.message.startswith(sentence)


def test_a_mistake_in_a_batch_file_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PastedError, match=r"^line 2, column 3: --attr-scales of benchdnn is not read"):
        BenchdnnBatch(tmp_path).read("--dir=FWD_D\n  --attr-scales=src:common:2 ic3ih8oc4kh3\n")
    file = tmp_path / "inner"
    file.write_text("mb1ic3ih8oc4kh3\nic3ih8oc4zh3")
    with pytest.raises(PastedError, match=rf"^column 17: {file}, line 2, column 10: descriptor"):
        BenchdnnLine(tmp_path).read(f"benchdnn --conv --batch={file}")
    file.write_text(f"--batch={file}")
    with pytest.raises(PastedError, match="the files name each other more than 8 deep"):
        BenchdnnLine(tmp_path).read(f"benchdnn --conv --batch={file}")
