"""The section on a network that a user brought: layers, operations, receptive fields, in place, and rivals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.report.document.blocks import Details, Heading, Prose, Section, Table
from bench.report.sections.network_costs import sections
from bench.report.sections.study import Study
from tests.bench.report.sections.test_network_table import rows
from tests.bench.report.synthetic_run import make_run


def operation(name: str, kind: str, field: list[int] | None, flops: int | None = 1_000) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "output_shape": [1, 4, 8, 8], "receptive_field": field, "macs": None,
        "flops": flops, "bytes_moved": 64, "parameters": 10, "not_covered": None,
    }  # fmt: skip


OPERATIONS = [operation(name, "convolution", [3, 3]) for name in ("a", "b", "b2", "b3")]
RECORD = {
    "name": "mine",
    "layer_names": {"a": ["a"], "b": ["b", "b2", "b3"]},
    "operations": [*OPERATIONS, operation("act", "activation", None, None)],
    "in_place": {
        "threads": 2, "convolutions_s": [12.0, 11.0, 13.0], "share_of_convolutions": 0.75,
        "seconds_by_kind": {"convolution": 12.0, "activation": 4.0},
    },
    "in_place_missing": None,
}  # fmt: skip
SWAP = {
    "base": "swapped", "sides_s": {"swapped": [6.0, 5.0, 7.0], "OpenVINO": [9.0, 8.0, 10.0]},
    "over_base": {"OpenVINO": [1.5, 1.4, 1.6]}, "differences_rms": {"swapped": 1e-7, "OpenVINO": 2e-7},
    "limit_rms": 1e-5, "failed": {"ONNX Runtime": "the package onnxruntime is not installed"}, "threads": 2,
    "choice": {"layout": "nchw", "origin": "given"}, "notes": ["x stays with torch"], "proof": {"layers": [{}, {}]},
    "is_one_core_busy": True,
}  # fmt: skip


def section_of(**more: Any) -> Section:
    (found,) = sections(replace(Study.of(make_run(rows())), meta={"network": {**RECORD, **more}}))
    return found


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_answers_say_what_single_measurements_miss() -> None:
    assert section_of(swap=SWAP).answers == (
        "Convolutions take 0.75 of the time of all operations, in place, by eager torch.",
        "Torch's convolutions take 2.40× [2.04–2.83] as long in place as alone, one by one.",
        "The swapped network takes 1.50× [1.14–1.94] as long as its convolutions alone, one by one.",
        "The whole network, time over that of swapped: OpenVINO 1.50× [1.40–1.60].",
    )


def test_layers_stand_by_what_could_be_saved() -> None:
    layers, *_ = [block for block in section_of().blocks if isinstance(block, Table)]
    assert [(row[0], row[1], row[3], row[6]) for row in cells(layers)] == [
        ("a", "1", "direct", "1.000 s"),
        ("b, and 2 others", "3", "torch", "0 ns"),
    ]


def test_operations_have_sums_by_kind_and_what_they_see() -> None:
    found = section_of()
    _, kinds = [block for block in found.blocks if isinstance(block, Table)]
    assert cells(kinds) == [
        ["convolution", "4", "4.00 kFLOP", "256 B", "40", "12.00 s", "0.75"],
        ["activation", "1", "–", "64 B", "10", "4.000 s", "0.25"],
    ]
    (along,) = [block for block in found.blocks if isinstance(block, Details)]
    (table,) = along.blocks
    assert isinstance(table, Table)
    assert [row[3] for row in cells(table)] == ["3×3", "3×3", "3×3", "3×3", "all"]


def test_rivals_have_ratios_with_intervals_and_the_proof() -> None:
    blocks = section_of(swap=SWAP).blocks
    *_, rivals = [block for block in blocks if isinstance(block, Table)]
    assert cells(rivals)[1] == ["OpenVINO", "9.000 s [8.000 s–10.00 s]", "1.50× [1.40–1.60]", "2.00e-07"]
    said = " ".join(block.text for block in blocks if isinstance(block, Prose))
    assert "2 threads, one core kept busy in bursts" in said
    assert "ONNX Runtime was not timed: the package onnxruntime is not installed. Note: x stays with torch." in said


def test_a_network_that_was_not_timed_says_why() -> None:
    blocks = section_of(swap={"missing": "the file has no module to run"}).blocks
    assert "Not timed: the file has no module to run." in [b.text for b in blocks if isinstance(b, Prose)]
    assert "The whole network beside other runtimes" not in [
        b.text for b in section_of().blocks if isinstance(b, Heading)
    ]


def test_other_runs_have_no_such_section() -> None:
    assert sections(Study.of(make_run(rows()))) == ()
