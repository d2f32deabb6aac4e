"""Without Triton, implementations that need it say so, and torch computes Winograd in float32."""

from __future__ import annotations

import pytest

import impls
from impls import Case, ConvProblem
from impls.by_torch import winograd as by_torch
from impls.gpu import target

REASON = "triton is not installed; type: pip install 'triton>=3.6'"
PROBLEM = ConvProblem.parse("g2mb1ic4ih8oc4kh3ph1")


@pytest.fixture(autouse=True)
def _no_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "why_not", lambda: REASON)


@pytest.mark.parametrize(
    ("name", "precision", "reason"),
    [
        ("loops", "fp32", REASON),
        ("direct", "bf16", REASON),
        ("winograd-f2", "bf16", REASON),
        ("winograd-f4", "fp16", REASON),
        ("winograd-f4", "fp32", None),
        ("winograd-f6", "fp64", None),
    ],
)
def test_implementations_that_need_triton_give_the_reason(name: str, precision: str, reason: str | None) -> None:
    assert impls.get(name).why_not(Case(PROBLEM, precision, device="cuda")) == reason


@pytest.mark.parametrize("tile", [2, 4, 5, 6])
def test_torch_computes_winograd(tile: int) -> None:
    case, implementation = Case(PROBLEM, device="cuda"), impls.get(f"winograd-f{tile}")
    assert implementation.provider_for(case) == "torch GEMM"
    assert implementation.modules_for(case) == ()
    assert implementation.work(case) == by_torch.work(tile, case)


@pytest.mark.parametrize("name", ["loops", "winograd-f4"])
def test_16_bits_are_refused_on_the_cpu(name: str) -> None:
    assert impls.get(name).why_not(Case(PROBLEM, "fp16")) == "on the CPU it computes in fp32, fp64, not in fp16"
