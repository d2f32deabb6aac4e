"""The kernels of a call, named shortly."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from bench.worker import launched as launched_module
from bench.worker.launched import launched, summary


def test_each_kernel_is_named_once_in_order_without_copies() -> None:
    names = ["Memset (Device)", "transform", "gemm", "transform", "Memcpy DtoD (Device -> Device)"]
    assert summary(names) == "transform + gemm"


def test_a_long_name_ends_in_an_ellipsis() -> None:
    found = summary(["void f<" + "int, " * 100 + ">"])
    assert found is not None
    assert found.startswith("void f<int, ")
    assert (len(found), found[-1]) == (80, "…")


def test_no_kernel_has_no_name() -> None:
    assert summary([]) is None
    assert summary(["Memcpy HtoD"]) is None


def test_only_events_of_the_gpu_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiled on the CPU, in place of the GPU: an operator there is no kernel."""
    activity = torch.profiler.ProfilerActivity
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.profiler, "ProfilerActivity", SimpleNamespace(CUDA=activity.CPU))
    a = torch.ones(8, 8)
    assert launched(lambda: a @ a) is None
    # The name of the device that the filter compares with.
    monkeypatch.setattr(launched_module, "_DEVICE", "CPU")
    assert "aten::matmul" in (launched(lambda: a @ a) or "")
    assert torch.autograd.DeviceType.CUDA.name == "CUDA"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_the_kernels_of_a_product_are_named() -> None:
    a = torch.ones(64, 64, device="cuda")
    assert launched(lambda: a @ a)
