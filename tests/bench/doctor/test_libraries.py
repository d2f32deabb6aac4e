"""Precision, threads and malloc, read from libraries, variables and the memory map."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bench.doctor import libraries
from bench.doctor.finding import Finding
from tests.bench.doctor.forging import Forge, cpuinfo


def _torch(
    *, bf16: bool = True, fp16: bool = False, onednn: bool = True, cuda: bool = False, conv: str = "none"
) -> Any:
    """A torch with only the attributes that the doctor reads."""
    mode = SimpleNamespace(fp32_precision="tf32")
    return SimpleNamespace(
        __version__="9.9",
        get_num_threads=lambda: 3,
        cuda=SimpleNamespace(is_available=lambda: cuda),
        ops=SimpleNamespace(
            mkldnn=SimpleNamespace(_is_mkldnn_bf16_supported=lambda: bf16, _is_mkldnn_fp16_supported=lambda: fp16)
        ),
        backends=SimpleNamespace(
            cpu=SimpleNamespace(get_cpu_capability=lambda: "AVX2"),
            mkldnn=SimpleNamespace(
                is_available=lambda: onednn,
                conv=SimpleNamespace(fp32_precision=conv),
                matmul=SimpleNamespace(fp32_precision="ieee"),
            ),
            cudnn=SimpleNamespace(conv=mode),
            cuda=SimpleNamespace(matmul=SimpleNamespace(fp32_precision="ieee")),
        ),
    )


def _by_name(found: list[Finding]) -> dict[str, tuple[str | None, str]]:
    return {finding.name: (finding.value, finding.verdict) for finding in found}


@pytest.mark.parametrize(
    ("torch", "flags", "name", "value", "verdict"),
    [
        (_torch(), "avx512_bf16", "torch", "9.9, kernels for AVX2", "fine"),
        (_torch(), "avx512_bf16", "bf16 on the CPU", "by oneDNN, in hardware", "fine"),
        (_torch(), "avx512f", "bf16 on the CPU", "by oneDNN, converted to fp32", "mind"),
        (_torch(), "avx512f", "fp16 on the CPU", "not by oneDNN", "mind"),
        (_torch(), "avx512f", "fp32 on the CPU", "IEEE fp32", "fine"),
        (_torch(conv="bf16"), "avx512f", "fp32 on the CPU", "conv: bf16", "mind"),
        (_torch(onednn=False), "avx512f", "oneDNN", None, "missing"),
        (
            _torch(cuda=True),
            "avx2",
            "TF32 on the GPU",
            "torch's flags: conv tf32, matmul ieee; every case sets its own",
            "fine",
        ),
    ],
)
def test_precisions_have_a_finding_each(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, torch: Any, flags: str, name: str, value: str | None, verdict: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch)
    found = _by_name(libraries.precision(forge({"/proc/cpuinfo": cpuinfo(flags=flags)}), {}))
    assert found[name] == (value, verdict)
    assert ("TF32 on the GPU" in found) == torch.cuda.is_available()


def test_a_torch_that_does_not_load_is_missing(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (found,) = libraries.precision(forge({}), {})
    assert (found.name, found.value, found.verdict) == ("torch", None, "missing")
    assert [f.name for f in libraries.threads(4, {})] == ["available"]


def test_variables_that_change_arithmetic_are_listed(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", _torch())
    given = {"ONEDNN_MAX_CPU_ISA": "AVX2", "NVIDIA_TF32_OVERRIDE": "1", "HOME": "/"}
    found = libraries.precision(forge({}), given)[-1]
    assert found.value == "NVIDIA_TF32_OVERRIDE=1, ONEDNN_MAX_CPU_ISA=AVX2"
    assert str(found.remedy).startswith("unset NVIDIA_TF32_OVERRIDE ONEDNN_MAX_CPU_ISA")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"PATH": "/bin", "OMP_DISPLAY_ENV": "TRUE"}, []),
        # Workers replace this variable.
        ({"OMP_NUM_THREADS": "4"}, [("OMP_NUM_THREADS=4; workers get their own, from --threads", None)]),
        (
            {"OMP_PROC_BIND": "close", "KMP_AFFINITY": "compact"},
            [("KMP_AFFINITY=compact, OMP_PROC_BIND=close", "unset KMP_AFFINITY OMP_PROC_BIND, unless")],
        ),
        (
            {"MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "active"},
            [
                ("MKL_NUM_THREADS=1; workers get their own, from --threads", None),
                ("OMP_WAIT_POLICY=active", "unset OMP_WAIT_POLICY, unless"),
            ],
        ),
    ],
)
def test_variables_of_threads_are_listed(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", _torch())
    monkeypatch.setattr(libraries, "openmp_threads", lambda: {"libgomp": 3})
    available, taken, *found = libraries.threads(4, given)
    assert (available.value, taken.value, taken.verdict) == ("4", "torch 3, libgomp 3; workers pin them", "fine")
    assert len(found) == len(expected)
    for finding, (value, remedy) in zip(found, expected, strict=True):
        assert finding.value == value
        assert finding.remedy is None if remedy is None else str(finding.remedy).startswith(remedy)


def test_two_openmp_runtimes_need_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", _torch())
    monkeypatch.setattr(libraries, "openmp_threads", lambda: {"libgomp": 3, "libiomp": 3})
    assert _by_name(libraries.threads(4, {}))["used here"][1] == "mind"


@pytest.mark.parametrize(
    ("maps", "variables", "libc", "value", "verdict"),
    [
        ("7f0-7f1 r-xp 0 0 0 /lib/libc.so.6", {}, ("glibc", "2.36"), "glibc 2.36", "fine"),
        ("7f0-7f1 r-xp 0 0 0 /usr/lib/libjemalloc.so.2", {}, ("glibc", "2.36"), "jemalloc", "mind"),
        ("", {"LD_PRELOAD": "/opt/libtcmalloc.so"}, ("glibc", "2.36"), "tcmalloc", "mind"),
        ("7f0-7f1 r-xp 0 0 0 /lib/ld-musl-x86_64.so.1", {}, ("musl", "1.2"), "musl", "mind"),
    ],
)
def test_other_allocators_need_a_remedy(
    forge: Forge,
    monkeypatch: pytest.MonkeyPatch,
    maps: str,
    variables: dict[str, str],
    libc: tuple[str, str],
    value: str,
    verdict: str,
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: libc)
    (found,) = libraries.malloc(forge({"/proc/self/maps": maps}), variables)
    assert str(found.value).startswith(value)
    assert found.verdict == verdict


def test_tunables_of_malloc_are_listed(forge: Forge) -> None:
    found = libraries.malloc(forge({}), {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"})[-1]
    assert (found.value, found.remedy) == ("GLIBC_TUNABLES=glibc.malloc.arena_max=1", "unset GLIBC_TUNABLES")
