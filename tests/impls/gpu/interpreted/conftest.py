"""Corrects errors of Triton's interpreter, so that tests cover the kernels alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import triton.language as tl
from triton.runtime import interpreter


@pytest.fixture(autouse=True)
def _bfloat16_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter cuts off float32 to make bfloat16; a GPU rounds."""
    convert = interpreter._convert_float

    def rounded(values: np.ndarray, source: Any, target: Any, mode: Any) -> np.ndarray:
        if source == tl.float32 and target == tl.bfloat16:
            made = torch.from_numpy(np.ascontiguousarray(values)).to(torch.bfloat16)
            return made.view(torch.int16).numpy().view(np.uint16)
        converted: np.ndarray = convert(values, source, target, mode)
        return converted

    monkeypatch.setattr(interpreter, "_convert_float", rounded)


@pytest.fixture(autouse=True)
def _an_array_of_one_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton 3.6 converts its scalars to Python integers in a way that NumPy 2.4 forbids."""
    patch = interpreter._patch_lang_tensor

    def patched(tensor: Any, scope: Any) -> None:
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    monkeypatch.setattr(interpreter, "_patch_lang_tensor", patched)
