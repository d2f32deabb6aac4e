"""benchdnn's lines: its default template, its units, and problems that can be pasted back."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from bench.networks.pasted.formats import read_line
from bench.store.export import benchdnn
from bench.store.export.content import RunContent
from impls import ConvProblem
from tests.bench.store.export.made_run import PADDED


def written(made: RunContent, tmp_path: Path) -> list[str]:
    return benchdnn.write(made, tmp_path / "out").path.read_text(encoding="utf-8").splitlines()


def test_a_line_has_the_fields_of_the_template(made: RunContent, tmp_path: Path) -> None:
    template, first, *rest = written(made, tmp_path)
    assert template == (
        "Output template: perf,%engine%,%impl%,%name%,%prb%,%Gops%,%+ctime%,%-time%,%-Gflops%,%0time%,%0Gflops%"
    )
    # 22 × 22 products of a tap with a pixel, 4 × 4 channels, two operations; samples of 1, 1.5 and 2 ms.
    giga = 2e-9 * 22 * 22 * 16
    assert first == (
        f'perf,cpu,direct,"net:conv1",--mode=P --conv --dir=FWD_I --stag=abcd --dtag=abcd {PADDED}n"net:conv1",'
        f"{giga:g},5,1,{giga / 1e-3:g},1.5,{giga / 1.5e-3:g}"
    )
    assert len(rest) == 2


def test_what_has_no_time_or_no_name_there_is_counted(made: RunContent, tmp_path: Path) -> None:
    exported = benchdnn.write(made, tmp_path / "out")
    assert exported.rows == 3
    assert dict(exported.left_out) == {"have no time": 1, "have a precision that benchdnn does not name": 1}


@pytest.mark.parametrize(("precision", "bias"), [("fp32", False), ("fp64", True), ("bf16", True), ("fp16", False)])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_a_problem_can_be_pasted_back(made: RunContent, precision: str, bias: bool, layout: str) -> None:
    row = replace(made.rows[0], precision=precision, bias=bias, layout=layout)
    pasted = read_line("benchdnn " + shlex.join(benchdnn.problem_words(row).split(" ")))
    assert pasted is not None
    (layer,) = pasted.layers
    assert layer.problem == ConvProblem.parse(row.descriptor, bias=bias)
    assert layer.precision == precision


@pytest.mark.parametrize(
    ("text", "products"),
    [("mb1ic1ih4oc1kh3ph1", 10 * 10), ("mb2ic4ih4oc6kh1g2", 2 * 6 * 2 * 16), ("mb1ic1ih2oc1kh3ph2dh1", 2 * 2)],
)
def test_operations_leave_out_padding(text: str, products: int) -> None:
    assert ConvProblem.parse(text).needed_macs == products


def test_names_end_no_field_and_no_line(made: RunContent, tmp_path: Path) -> None:
    place = replace(made.rows[0].layers[0], layer_set='a"\nbenchdnn --conv', layer="x,y\r--mode=R")
    rows = tuple(replace(row, layers=(place,)) for row in made.rows)
    hostile = replace(made, rows=rows)
    template, *lines = written(hostile, tmp_path)
    assert len(lines) == 3
    assert all(line.startswith("perf,cpu,") and line.count('"') == 4 for line in lines)
    assert 'n"a_benchdnn_--conv:x,y_--mode=R",' in lines[0]
    assert template.startswith("Output template")
