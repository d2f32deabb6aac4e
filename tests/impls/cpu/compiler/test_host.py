"""The vector unit that code is compiled for: the host's, the one in Numba's settings, or the architecture's least."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from impls.cpu.compiler import host
from impls.cpu.compiler.host import VectorUnit, features, unit_of

NARROW = VectorUnit(16, 16, has_fma=False)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Features are cached: each test finds them anew."""
    features.cache_clear()
    yield
    features.cache_clear()


def _unknown() -> dict[str, bool]:
    raise RuntimeError("failed to get host cpu features")


@pytest.mark.parametrize(
    ("settings", "unit"),
    [
        ({"NUMBA_CPU_NAME": "generic"}, NARROW),
        ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+avx,-avx512f"}, VectorUnit(32, 16, has_fma=False)),
        ({"NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+f16c"}, VectorUnit(32, 16, has_fma=True, has_fp16=True)),
        ({"NUMBA_CPU_FEATURES": "+avx512f,-avx512bf16"}, VectorUnit(64, 32, has_fma=True, has_fp16=True)),
        ({"NUMBA_CPU_FEATURES": ""}, NARROW),
    ],
)
def test_numba_settings_choose_a_narrower_unit(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], unit: VectorUnit
) -> None:
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert unit_of(features(), "x86_64") == unit


@pytest.mark.parametrize(("machine", "registers"), [("x86_64", 16), ("riscv64", 16), ("aarch64", 32)])
def test_a_processor_unknown_to_llvm_has_16_byte_vectors(
    monkeypatch: pytest.MonkeyPatch, machine: str, registers: int
) -> None:
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(host.binding, "get_host_cpu_features", _unknown)
    unit = unit_of(features(), machine)
    assert (unit.bytes, unit.registers) == (16, registers)


@pytest.mark.parametrize(
    ("features", "machine", "expected"),
    [
        ({"avx512f": True, "fma": True, "avx": True}, "x86_64", (64, 32, True)),
        ({"avx": True, "fma": True}, "x86_64", (32, 16, True)),
        ({"avx": True}, "x86_64", (32, 16, False)),
        ({}, "x86_64", (16, 16, False)),
        ({}, "aarch64", (16, 32, True)),
        ({}, "arm64", (16, 32, True)),
    ],
)
def test_features_determine_the_vector_unit(
    features: dict[str, bool], machine: str, expected: tuple[int, int, bool]
) -> None:
    unit = unit_of(features, machine)
    assert (unit.bytes, unit.registers, unit.has_fma) == expected
    assert unit.lanes(4) == unit.bytes // 4
