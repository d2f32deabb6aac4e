"""Joules from time, executed FLOPs and bytes by level; unknown work has a reason, and every figure its range."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.energy.executed.model import ExecutedWork, NotModelled
from tests.bench.energy.executed.forged import ERROR, MODEL, WORK


@pytest.mark.parametrize(
    ("work", "joules"),
    [
        (WORK, 32e-3),
        (replace(WORK, time_s=2e-3), 52e-3),
        (replace(WORK, precision="fp64"), 52e-3),
        (replace(WORK, level="memory"), 50e-3),
        (replace(WORK, flops=0, bytes_moved=0), 20e-3),
    ],
)
def test_joules_are_those_of_time_flops_and_bytes(work: ExecutedWork, joules: float) -> None:
    assert MODEL.joules(work) == pytest.approx(joules)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"threads": 8}, "the model is of 2 threads, and this is 8 threads"),
        ({"threads": None}, "and this is a GPU"),
        ({"precision": "bf16"}, "no energy of a FLOP in bf16 by AVX512"),
        ({"instructions": "scalar"}, "no energy of a FLOP in fp32 by scalar"),
        ({"level": "L3"}, "no energy of a byte at the level L3"),
    ],
)
def test_work_without_a_coefficient_has_a_reason(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        MODEL.joules(replace(WORK, **changes))  # type: ignore[arg-type]


def test_joules_are_never_0() -> None:
    nothing = replace(MODEL, idle_w=0.0, flop_j={"AVX512": {"fp32": 0.0}}, byte_j={"L2": 0.0})
    with pytest.raises(NotModelled, match="all coefficients of this work are 0"):
        nothing.joules(WORK)


@pytest.mark.parametrize("measured", [0.8, 1.0, 1.2])
def test_the_range_holds_measured_joules_that_the_model_missed_by_its_error(measured: float) -> None:
    """An error is relative to measured joules, a range starts from modelled ones."""
    for off in (1 - ERROR.quantile_90, 1 + ERROR.quantile_90):
        modelled = measured * off
        half = MODEL.half_width_j(modelled)
        assert modelled - half - 1e-12 <= measured <= modelled + half + 1e-12
        assert modelled - half > 0


def test_the_sentence_has_the_origin_and_the_error() -> None:
    said = MODEL.assumption
    for part in (
        "not measured", "zen4, fitted to 96 rows of 8 implementations by rapl-perf (package-0, counter)", "Forged 9000",
        "within 20 % of their measured joules",
    ):  # fmt: skip
        assert part in said
