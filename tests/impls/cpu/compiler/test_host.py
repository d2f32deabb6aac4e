"""Which vector unit code is compiled for: the host's, an ordered one, or what every processor has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from impls.cpu.compiler import host
from impls.cpu.compiler.host import VectorUnit, features, unit_of

NARROW = VectorUnit(16, 16, has_fma=False)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What was found is remembered: not from one test to the next."""
    features.cache_clear()
    yield
    features.cache_clear()


def _unknown() -> dict[str, bool]:
    raise RuntimeError("failed to get host cpu features")


@pytest.mark.parametrize(
    ("ordered", "unit"),
    [
        ({"NUMBA_CPU_NAME": "generic"}, NARROW),
        ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+avx,-avx512f"}, VectorUnit(32, 16, has_fma=False)),
        ({"NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+f16c"}, VectorUnit(32, 16, has_fma=True, has_fp16=True)),
        ({"NUMBA_CPU_FEATURES": "+avx512f,-avx512bf16"}, VectorUnit(64, 32, has_fma=True, has_fp16=True)),
        ({"NUMBA_CPU_FEATURES": ""}, NARROW),
    ],
)
def test_numba_can_be_told_to_compile_for_less(
    monkeypatch: pytest.MonkeyPatch, ordered: dict[str, str], unit: VectorUnit
) -> None:
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ordered.items():
        monkeypatch.setenv(name, value)
    assert unit_of(features(), "x86_64") == unit


@pytest.mark.parametrize(("machine", "registers"), [("x86_64", 16), ("riscv64", 16), ("aarch64", 32)])
def test_a_processor_that_llvm_does_not_know(monkeypatch: pytest.MonkeyPatch, machine: str, registers: int) -> None:
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(host.binding, "get_host_cpu_features", _unknown)
    unit = unit_of(features(), machine)
    assert (unit.bytes, unit.registers) == (16, registers)
