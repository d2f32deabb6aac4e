"""Names of kernels as a reader wants them."""

from __future__ import annotations

import pytest
import torch

from bench.worker.launched import launched, summary


def test_each_kernel_once_in_order_and_no_copies() -> None:
    names = ["Memset (Device)", "transform", "gemm", "transform", "Memcpy DtoD (Device -> Device)"]
    assert summary(names) == "transform + gemm"


def test_a_long_name_is_cut_off_and_seen_to_be() -> None:
    found = summary(["void f<" + "int, " * 100 + ">"])
    assert found is not None
    assert found.startswith("void f<int, ")
    assert (len(found), found[-1]) == (80, "…")


def test_no_kernel_is_no_answer() -> None:
    assert summary([]) is None
    assert summary(["Memcpy HtoD"]) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_a_product_is_seen() -> None:
    a = torch.ones(64, 64, device="cuda")
    assert launched(lambda: a @ a)
