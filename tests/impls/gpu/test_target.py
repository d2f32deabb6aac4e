"""The reasons why Triton's kernels cannot run name the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import pytest
import torch

from impls import Case, ConvProblem, get
from impls.gpu import target


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(metadata, "version", lambda name: "3.9.0")
    monkeypatch.setattr(target.platform, "system", lambda: "Linux")
    for known in (target._why_no_triton, target._why_no_gpu):
        known.cache_clear()
    yield
    for known in (target._why_no_triton, target._why_no_gpu):
        known.cache_clear()


def _absent(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def test_missing_triton_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", _absent)
    assert target.why_not() == "triton is not installed; type: pip install 'triton>=3.6'"
    # The interpreter is part of Triton.
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert target.why_not() is not None


@pytest.mark.parametrize(("version", "words"), [("3.5.1", "3.5.1 is too old; type: pip install 'triton>=3.6'")])
def test_an_old_triton_is_named(version: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    assert words in (target.why_not() or "")


@pytest.mark.parametrize("version", ["3.6.0", "3.9.0", "3.10.0+git1234", "4.0.0a1"])
def test_new_versions_are_accepted(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: version)
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert target.why_not() is None


def test_another_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target.platform, "system", lambda: "Darwin")
    assert "not for Darwin" in (target.why_not() or "")


def _gpu(monkeypatch: pytest.MonkeyPatch, *, cuda: str | None, available: bool, capability: tuple[int, int]) -> None:
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)


def test_a_torch_without_cuda_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _gpu(monkeypatch, cuda=None, available=False, capability=(9, 0))
    assert "this torch has no CUDA; install one" in (target.why_not() or "")


def test_an_old_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _gpu(monkeypatch, cuda="13.0", available=False, capability=(9, 0))

    def complain() -> None:
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).\nPlease update …")

    monkeypatch.setattr(torch.cuda, "init", complain)
    words = "torch sees no GPU: The NVIDIA driver on your system is too old (found version 11040)."
    assert target.why_not() == words


def test_an_old_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _gpu(monkeypatch, cuda="13.0", available=True, capability=(7, 5))
    assert "compute capability 7.5; the kernels need 8.0" in (target.why_not() or "")
    target._why_no_gpu.cache_clear()
    _gpu(monkeypatch, cuda="13.0", available=True, capability=(9, 0))
    assert target.why_not() is None


def test_implementations_give_the_same_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", _absent)
    case = Case(ConvProblem.parse("mb1ic4ih8oc4kh3"), device="cuda")
    assert "pip install 'triton>=3.6'" in (get("implicit-gemm").why_not(case) or "")
