"""Tables of convolutions as columns."""

from __future__ import annotations

import numpy as np
import pytest

from impls import Case, ConvProblem
from impls.cost_model.cost_table import Subject, families, table_of
from tests.bench.predict.simulated_times import problem

CASES = [
    Case(ConvProblem.parse("mb2ic8ih10iw12oc16kh3kw5ph1pw2")),
    Case(ConvProblem.parse("g4mb1ic8ih10oc8kh3sh2ph1"), layout="nhwc"),
]


def test_columns_are_those_of_the_problems() -> None:
    table = table_of(Subject(), CASES, [1e-3, 2e-3])
    for row, case in enumerate(CASES):
        p = case.problem
        assert (table.macs[row], table.weights[row]) == (p.macs, p.parameters)
        assert (table.outputs[row], table.compulsory_bytes[row]) == (p.outputs, p.compulsory_bytes(4))
        assert table.taps[row] * table.channels[row] == p.terms
    assert table.is_nhwc.tolist() == [False, True]
    assert table.size("out_w").tolist() == [12, 5]
    assert table.flops.tolist() == [case.problem.direct_flops for case in CASES]


def test_the_work_of_an_implementation_is_its_own() -> None:
    (case,) = [Case(problem(64, 28, 64))]
    winograd = table_of(Subject("cpu", "winograd-f4", threads=2), [case])
    assert winograd.flops[0] < case.problem.direct_flops
    assert winograd.kept_bytes[0] > 0


@pytest.mark.parametrize(("layout", "way"), [("nhwc", "pixels"), ("nchw", "")])
def test_the_way_of_direct_is_that_of_its_schedule(layout: str, way: str) -> None:
    table = table_of(Subject("cpu", "direct", threads=2), [Case(problem(), layout=layout)])
    assert table.ways[0] == way or (not way and table.ways[0] in ("pixels", "columns"))
    assert table_of(Subject("cpu", "onednn", threads=2), [Case(problem())]).ways == ("",)


def test_a_chosen_part_keeps_rows_together() -> None:
    table = table_of(Subject(), CASES, [1e-3, 2e-3], labels=["a", "b"])
    part = table.only(np.array([False, True]))
    assert (part.labels, part.time_s.tolist(), part.size("groups").tolist()) == (("b",), [2e-3], [4])
    assert len(part) == 1


def test_families_are_layers_at_any_size() -> None:
    same = [problem(size=n, batch=b) for n in (7, 14) for b in (1, 2)]
    table = table_of(Subject(), [Case(p) for p in (*same, problem(kernel=5), problem(filters=32))])
    assert len(set(families(table)[:4].tolist())) == 1
    assert len(set(families(table).tolist())) == 3


def test_a_subject_names_itself() -> None:
    assert str(Subject("cpu", "fft", "bf16", 4, "zeros")) == "fft on cpu in bf16, threads 4, data zeros"
    assert str(Subject()) == "unnamed on unnamed in fp32"
