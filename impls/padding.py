"""Resolves the forms of padding that users may write to the four sides."""

from __future__ import annotations

from typing import TypeAlias

from impls.errors import ProblemError

Pair: TypeAlias = tuple[int, int]
Sides: TypeAlias = tuple[Pair, Pair]
PaddingLike: TypeAlias = int | str | Pair | Sides

ALLOWED = 'an int, a pair (height, width), ((top, bottom), (left, right)), "same" or "valid"'


def extent(kernel: int, dilation: int) -> int:
    """The input positions that one axis of a dilated kernel spans: d·(k − 1) + 1."""
    return dilation * (kernel - 1) + 1


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> Pair:
    """The least padding that gives ⌈size / stride⌉ outputs; an odd total puts one more on the trailing side."""
    outputs = -(-size // stride)
    total = max(0, (outputs - 1) * stride + extent(kernel, dilation) - size)
    return total // 2, total - total // 2


def resolve(padding: object, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """The four sides of `padding` for this geometry. Raises ProblemError for a form that is not allowed."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        rows = same_padding(size[0], kernel[0], stride[0], dilation[0])
        columns = same_padding(size[1], kernel[1], stride[1], dilation[1])
        return rows, columns
    if _is_int(padding):
        return (padding, padding), (padding, padding)  # type: ignore[return-value]
    if isinstance(padding, (tuple, list)) and len(padding) == 2:
        first, second = padding
        if _is_int(first) and _is_int(second):
            return (first, first), (second, second)
        if _is_pair(first) and _is_pair(second):
            return (first[0], first[1]), (second[0], second[1])
    raise ProblemError(f"padding {padding!r} is not understood; allowed: {ALLOWED}")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_pair(value: object) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(_is_int(v) for v in value)
