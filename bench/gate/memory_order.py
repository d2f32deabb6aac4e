"""The elements of a dense tensor in the order of its memory."""

from __future__ import annotations

from typing import Any

import torch


def flat(x: torch.Tensor) -> torch.Tensor:
    """The elements as a tensor that shares their memory, version counter apart."""
    return x.data.as_strided((x.numel(),), (1,), x.storage_offset())


def memory_of(x: torch.Tensor) -> Any:
    """The elements as a NumPy array that shares their memory; types of 16 bits as their bits."""
    return numpy_of(flat(x))


def numpy_of(values: torch.Tensor) -> Any:
    # An item is assigned at a tenth of its cost in torch. NumPy knows no bfloat16, memoryview no float16: bits.
    return (values.view(torch.int16) if values.element_size() == 2 else values).numpy()


def offset_of(x: torch.Tensor, index: tuple[int, ...]) -> int:
    """The place of an element, from the first one on."""
    return sum(at * stride for at, stride in zip(index, x.stride(), strict=True))


def unravelled(numbers: torch.Tensor, shape: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    """The indices of elements by their numbers in order, one tensor for each axis.

    torch.unravel_index would import a library of symbols first, for a third of a second.
    """
    indices: list[torch.Tensor] = []
    for size in reversed(shape):
        indices.append(numbers % size)
        numbers = numbers // size
    return tuple(reversed(indices))
