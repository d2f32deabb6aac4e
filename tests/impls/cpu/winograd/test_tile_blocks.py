"""Blocks of tiles: the problems of the other tests reach every kind, and memory is counted as it is packed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import impls
from impls import Case, ConvProblem
from impls.cpu.compiler.host import vector_unit
from impls.cpu.winograd.plan import pack_bias, pack_filters
from impls.cpu.winograd.tile_blocks import tile_blocks
from impls.cpu.winograd.variant import Variant, variant_of
from tests.impls.cpu.winograd.problems import GROUPS, NAMES, UNITS


def test_problems_reach_strips_of_whole_rows_and_of_parts() -> None:
    problems = [ConvProblem.parse(text) for text in ("mb2ic33ih40oc40kh3ph1", "mb2ic17ih9iw300oc19kh3kw3ph1pw1")]
    for tile in (2, 4, 5, 6):
        variant = Variant(tile, (3, 3), "float32", "nchw", UNITS["AVX-512"])
        whole, parts = (tile_blocks(variant, p, 2) for p in problems)
        assert whole.strip_run == whole.tiles_of_row
        assert whole.strip_rows > 1
        assert parts.strip_run < parts.tiles_of_row
        assert parts.strip_rows == 1


def test_problems_reach_all_kinds_of_groups() -> None:
    problems = [ConvProblem.parse(problem) for _, problem in GROUPS]
    variants = [variant_of(4, p, "float32", "nhwc", UNITS["AVX-512"]) for p in problems]
    assert [v and (v.vectors, v.spread) for v in variants] == [
        (1, 4), (1, 4), (1, 1), (2, 0), (1, 0), (2, 0), (1, 0), (2, 0), None,
    ]  # fmt: skip
    divided = [tile_blocks(v, p, 2) for v, p in zip(variants, problems, strict=True) if v]
    assert [b.channels.slices for b in divided] == [1, 2, 1, 3, 3, 1, 2, 2]
    assert {b.shares_blocks for b in divided if b.channels.slices > 1} == {0, 1}


def test_problems_reach_both_ways_of_dividing_work() -> None:
    variant = Variant(4, (3, 3), "float32", "nhwc", vector_unit())
    problems = [ConvProblem.parse(text) for text in ("mb1ic384ih9oc384kh3ph1", "mb2ic33ih40oc40kh3ph1")]
    assert all([tile_blocks(variant, p, n).shares_blocks for p in problems] == [1, 0] for n in (1, 2, 4))


@pytest.mark.parametrize("name", NAMES)
def test_work_counts_the_memory_of_plan_and_call(name: str) -> None:
    case = Case(ConvProblem.parse("mb1ic64ih28oc48kh3ph1"))
    work = impls.get(name).work(case)
    variant = Variant(int(name[-1]), (3, 3), "float32", "nchw", vector_unit())
    panels = -(-48 // variant.panel) * variant.panel
    assert work.plan_bytes == 4 * (variant.frequencies * panels * 64 + 48)
    assert work.workspace_bytes is not None
    assert work.workspace_bytes < 4 * 2**20 * torch.get_num_threads()
    for problem in ("mb1ic20ih9oc40kh3ph1", "g11mb1ic44ih9oc44kh3ph1", "g5mb1ic80ih9oc80kh3ph1"):
        p = ConvProblem.parse(problem)
        fitting = variant_of(int(name[-1]), p, "float32", "nhwc", vector_unit())
        assert fitting is not None
        weight = torch.ones(p.weight_shape)
        kept = (
            pack_filters(fitting, weight, tile_blocks(fitting, p, 1).channels).numel()
            + pack_bias(fitting, weight, None).numel()
        )
        assert impls.get(name).work(Case(p, layout="nhwc")).plan_bytes == 4 * kept
    more = impls.get(name).work(replace(case, problem=replace(case.problem, batch=64)))
    assert more.workspace_bytes is not None
    # The workspace is that of one block, for any batch.
    assert more.workspace_bytes < 16 * 2**20 * torch.get_num_threads()
