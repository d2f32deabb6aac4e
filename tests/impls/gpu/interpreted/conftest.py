"""What Triton's interpreter gets wrong is set right: kernels are tested, not it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import triton.language as tl
from triton.runtime import interpreter


@pytest.fixture(autouse=True)
def _bfloat16_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cuts float32 off where it makes bfloat16 of it; a GPU rounds."""
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
    """Triton 3.6 makes Python's integers of its scalars in a way that NumPy forbids since 2.4."""
    patch = interpreter._patch_lang_tensor

    def patched(tensor: Any, scope: Any) -> None:
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    monkeypatch.setattr(interpreter, "_patch_lang_tensor", patched)
