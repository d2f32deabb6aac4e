"""Triton's interpreter cuts float32 off where it makes bfloat16 of it; a GPU rounds, and so must the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import triton.language as tl
from triton.runtime import interpreter


@pytest.fixture(autouse=True)
def _bfloat16_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    convert = interpreter._convert_float

    def rounded(values: np.ndarray, source: Any, target: Any, mode: Any) -> np.ndarray:
        if source == tl.float32 and target == tl.bfloat16:
            made = torch.from_numpy(np.ascontiguousarray(values)).to(torch.bfloat16)
            return made.view(torch.int16).numpy().view(np.uint16)
        converted: np.ndarray = convert(values, source, target, mode)
        return converted

    monkeypatch.setattr(interpreter, "_convert_float", rounded)
