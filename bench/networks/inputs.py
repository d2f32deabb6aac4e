"""Reads the shapes of a network's inputs, as in 1x3x224x224 or 1x128:int64."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import UsageError

_SHAPE = re.compile(r"(\d{1,18}(?:[x×,]\d{1,18})*)(?::(\w+))?", re.ASCII | re.IGNORECASE)
_TYPES = ("float32", "float64", "bfloat16", "float16", "int64", "int32", "bool")
EXAMPLE = "--input 1x3x224x224"
# In any type it fits into the bytes that libraries can count.
_MOST_VALUES = 2**59


@dataclass(frozen=True, slots=True)
class InputShape:
    """The shape and the type of one input of a network."""

    shape: tuple[int, ...]
    dtype: str = "float32"

    @property
    def text(self) -> str:
        """As a user types it."""
        sizes = "x".join(map(str, self.shape))
        return sizes if self.dtype == "float32" else f"{sizes}:{self.dtype}"


def input_shape(text: str) -> InputShape:
    """The shape that a text means. Raises UsageError."""
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--input {text} is no shape; allowed: sizes as in {EXAMPLE}, with a type as in 1x128:int64")
    shape = tuple(int(size) for size in re.split(r"[x×,]", match[1], flags=re.IGNORECASE))
    dtype = match[2] or "float32"
    if dtype not in _TYPES:
        raise UsageError(f"--input {text}: the type {dtype} is unknown; allowed: {', '.join(_TYPES)}")
    if min(shape) < 1 or math.prod(shape) > _MOST_VALUES:
        raise UsageError(f"--input {text}: allowed: sizes of 1 and more, with less than 2^59 values together")
    return InputShape(shape, dtype)


def require_inputs(name: str, inputs: Sequence[InputShape]) -> None:
    """Raise UsageError without any input."""
    if not inputs:
        raise UsageError(f"the shape of the input of {name} is missing; type it, as in {EXAMPLE}")
