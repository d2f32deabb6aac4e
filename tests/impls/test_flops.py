"""FLOPs equal those of other counters. fvcore counts MACs and calls them FLOPs; torch counts 2 × MACs."""

from __future__ import annotations

import logging

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from torch.utils.flop_counter import FlopCounterMode

import impls
from bench.run.validate import default_problems
from impls import Case, ConvProblem
from impls.by_torch import winograd as by_torch
from impls.interface import Run

SYMMETRIC = [p for p in default_problems() if p.has_symmetric_padding and p.batch > 0]


def _layer(p: ConvProblem) -> torch.nn.Conv2d:
    padding = (p.padding[0][0], p.padding[1][0])
    return torch.nn.Conv2d(
        p.in_channels, p.out_channels, p.kernel, p.stride, padding, p.dilation, p.groups, bias=p.bias
    )


@pytest.mark.parametrize("problem", SYMMETRIC, ids=lambda p: p.descriptor)
def test_macs_equal_fvcore(problem: ConvProblem) -> None:
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    assert FlopCountAnalysis(_layer(problem), torch.zeros(problem.input_shape)).total() == problem.macs


@pytest.mark.parametrize("problem", SYMMETRIC, ids=lambda p: p.descriptor)
def test_direct_flops_equal_torch(problem: ConvProblem) -> None:
    with FlopCounterMode(display=False) as counter:
        _layer(problem)(torch.zeros(problem.input_shape))
    assert counter.get_total_flops() == problem.direct_flops


DESCRIPTORS = ["mb1ic8ih12oc4kh3ph1", "mb2ic4ih13oc6kh3ph1", "g2mb1ic8ih9oc4kh3"]


def _counted_by_torch(run: Run, case: Case) -> int:
    x = torch.randn(case.problem.input_shape)
    with FlopCounterMode(display=False) as counter:
        run(x)
    return int(counter.get_total_flops())


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_flops_of_im2col_equal_torchs_count(descriptor: str, layout: str) -> None:
    """torch's counter counts every matrix product."""
    case = Case(ConvProblem.parse(descriptor), layout=layout)
    plan = impls.prepare(impls.get("im2col"), case, torch.randn(case.problem.weight_shape), None)
    assert impls.get("im2col").work(case).flops == _counted_by_torch(plan, case)


@pytest.mark.parametrize("tile", [2, 4, 5, 6])
@pytest.mark.parametrize("descriptor", DESCRIPTORS)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_flops_of_winograd_by_torch_equal_torchs_count(tile: int, descriptor: str, layout: str) -> None:
    """tests/impls/cpu/winograd/test_drivers.py counts the fused kernels."""
    case = Case(ConvProblem.parse(descriptor), layout=layout)
    run = by_torch.planned(tile, case, torch.randn(case.problem.weight_shape), None)
    assert by_torch.work(tile, case).flops == _counted_by_torch(run, case)


@pytest.mark.parametrize("name", ["winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6"])
def test_flops_of_winograd_with_groups_equal_torchs_count(name: str) -> None:
    case = Case(ConvProblem.parse("g2mb1ic8ih9oc4kh3"))
    plan = impls.prepare(impls.get(name), case, torch.randn(case.problem.weight_shape), None)
    assert impls.get(name).work(case).flops == _counted_by_torch(plan, case)


@pytest.mark.parametrize(("tile", "saving"), [(2, 2.25), (4, 4.0), (5, 225 / 49), (6, 5.0625)])
def test_winograd_saves_the_published_share_of_multiplications(tile: int, saving: float) -> None:
    """With many channels the transforms weigh nothing and the executed share tends to 1/2.25, 1/4, 1/4.59, 1/5.06."""
    problem = ConvProblem.parse("mb1ic100000ih120oc100000kh3ph1")
    flops = impls.get(f"winograd-f{tile}").work(Case(problem)).flops
    assert flops is not None
    assert problem.direct_flops / flops == pytest.approx(saving, rel=2e-3)
