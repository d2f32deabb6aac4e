"""Sets torch's global precision switches to a case's precision while it is planned and run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from impls.interface import Case


@contextmanager
def precision_mode(case: Case) -> Iterator[None]:
    """Inside, fp32 is IEEE fp32 everywhere, tf32 is TF32, and sums of 16-bit products are not rounded in between.

    torch's own defaults let cuDNN use TF32 for float32, and cuBLAS reduce split sums in 16 bits.
    """
    if case.device != "cuda":
        yield
        return
    convolution = torch.backends.cudnn.conv  # type: ignore[attr-defined]
    product = torch.backends.cuda.matmul
    wanted = "tf32" if case.precision == "tf32" else "ieee"
    switches = [
        (convolution, "fp32_precision", wanted),
        (product, "fp32_precision", wanted),
        (product, "allow_fp16_reduced_precision_reduction", False),
        (product, "allow_bf16_reduced_precision_reduction", False),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in switches]
    try:
        for owner, name, value in switches:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
