"""The shape and type of a tensor of an ONNX file, and the attributes of its nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# ONNX's TensorProto.DataType: the name of each floating-point type, and the bytes of a value of any type.
_FLOATS = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}
_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2}


@dataclass(frozen=True, slots=True)
class OnnxTensor:
    """A tensor: its shape, None where a size is unknown, its type, and whether the file has its values."""

    shape: tuple[int, ...] | None
    type: int
    is_stored: bool = False

    @property
    def dtype(self) -> str | None:
        """The name of a floating-point type, None of another."""
        return _FLOATS.get(self.type)

    @property
    def is_float(self) -> bool:
        return self.type in _FLOATS

    @property
    def numel(self) -> int | None:
        return None if self.shape is None else math.prod(self.shape)

    @property
    def bytes(self) -> int | None:
        each = _BYTES.get(self.type)
        return None if each is None or self.numel is None else each * self.numel


def tensor_of_value(value: Any) -> OnnxTensor:
    """The tensor of a ValueInfoProto. A size of 0, or one with a name only, is unknown."""
    kind = value.type.tensor_type
    sizes = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
    is_known = kind.HasField("shape") and all(size > 0 for size in sizes)
    return OnnxTensor(tuple(sizes) if is_known else None, kind.elem_type)


def tensor_of_initializer(value: Any) -> OnnxTensor:
    """The tensor of a TensorProto, whose values the file has."""
    return OnnxTensor(tuple(value.dims), value.data_type, is_stored=True)


def attributes(node: Any) -> dict[str, Any]:
    """The numbers and texts of a node's attributes by name; other kinds are left out."""
    from onnx import AttributeProto

    readers: dict[int, Callable[[Any], Any]] = {
        AttributeProto.INT: lambda one: one.i,
        AttributeProto.INTS: lambda one: tuple(one.ints),
        AttributeProto.FLOAT: lambda one: one.f,
        AttributeProto.STRING: lambda one: one.s.decode("utf-8", "replace"),
    }
    return {one.name: readers[one.type](one) for one in node.attribute if one.type in readers}


def subgraphs(node: Any) -> list[Any]:
    """The graphs inside a node, as of If and Loop."""
    from onnx import AttributeProto

    found = [one.g for one in node.attribute if one.type == AttributeProto.GRAPH]
    return found + [graph for one in node.attribute if one.type == AttributeProto.GRAPHS for graph in one.graphs]
