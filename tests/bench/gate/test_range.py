"""The range of implementations: direct has that of its type, Winograd and FFT less; a NaN spreads over tile, image."""

from __future__ import annotations

import math

import pytest
import torch

import impls
from bench.gate.range import Scales, possible_scales, reach, scales
from impls import Case, ConvProblem
from impls.cook_toom import growth

CASE = Case(ConvProblem.parse("mb2ic16ih14oc16kh3ph1"))


@pytest.mark.parametrize(
    "precision", ["fp32", "fp16", *(pytest.param(p, marks=pytest.mark.full) for p in ("bf16", "fp64"))]
)
def test_direct_has_the_range_of_the_type(precision: str) -> None:
    case = Case(CASE.problem, precision)
    found, possible = scales(impls.get("direct"), case, 1), possible_scales(case, 1)
    assert found.greatest == possible.greatest
    assert found.least is not None
    assert possible.least is not None
    assert possible.least <= found.least <= possible.least + 8
    widest = {"fp32": 60, "bf16": 60, "fp16": 3, "fp64": 508}
    assert found.greatest is not None
    assert abs(found.greatest - widest[precision]) <= 2


@pytest.mark.full
def test_winograd_overflows_earlier_by_its_growth_at_most() -> None:
    direct = scales(impls.get("direct"), CASE, 1).greatest or 0
    for m in (2, 4, 5, 6):
        found = scales(impls.get(f"winograd-f{m}"), CASE, 1).greatest or 0
        # Both operands are scaled, so that the result grows with the square.
        assert direct - math.log2(growth(m, 3)) - 1 <= found <= direct
    assert found < direct


class _Off(impls.Implementation):
    """Right at 1 only."""

    name, algorithm = "off", "direct"

    def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> impls.Plan:
        run = impls.get("direct").plan(case, weight, bias)
        return impls.Plan(lambda x: run(x) + (0.0 if 1 < float(x.abs().max()) < 8 else math.inf))


def test_scales_are_those_around_1() -> None:
    found = scales(_Off(), CASE, 1)
    assert found.greatest in (0, 1)
    assert found.least in (-2, -1)


def test_an_implementation_that_is_wrong_at_1_has_no_scales() -> None:
    class Wrong(_Off):
        def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> impls.Plan:
            return impls.Plan(lambda x: x + 1)

    assert scales(Wrong(), CASE, 1) == Scales(None, None)


@pytest.mark.full
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_bad_value_spreads_over_taps_tile_or_image(bad: float) -> None:
    """The case "spread" of the field; explanations say the same."""
    for name in ("loops", "direct", "im2col", "implicit-gemm", "onednn", "torch", "auto-safe"):
        found = reach(impls.get(name), CASE, 1, bad)
        assert (found.rows, found.columns, found.is_least, found.crosses) == (3, 3, True, False), name
    for m in (4, 5, 6):
        # All outputs of a tile, and one of the tile beside it, which shares the value.
        found = reach(impls.get(f"winograd-f{m}"), CASE, 1, bad)
        assert (found.rows, found.columns, found.is_least, found.crosses) == (m + 1, m + 1, False, False)
    whole = reach(impls.get("fft"), CASE, 1, bad)
    assert (whole.rows, whole.columns, whole.is_least) == (14, 14, False)


def test_a_nan_spreads_over_a_tile_of_winograd_and_over_an_image_of_fft() -> None:
    case = Case(ConvProblem.parse("mb1ic4ih8oc4kh3ph1"))
    assert reach(impls.get("direct"), case, 1, math.nan).is_least
    assert reach(impls.get("winograd-f4"), case, 1, math.nan).rows == 5
    assert reach(impls.get("fft"), case, 1, math.nan).rows == 8
