"""Makes small ONNX files for tests, node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the package onnx is not installed: pip install 'convcost[onnx]'")
helper: Any = onnx.helper
FLOAT: int = onnx.TensorProto.FLOAT


def node(operator: str, inputs: str, output: str, **more: Any) -> Any:
    """A node of that name; `inputs` are separated by spaces."""
    return helper.make_node(operator, inputs.split(), [output], name=more.pop("name", output), **more)


def save(
    path: Path,
    nodes: Sequence[Any],
    shape: Sequence[int | str],
    weights: Mapping[str, Sequence[int]],
    *,
    kind: int = FLOAT,
    **more: Any,
) -> Path:
    """A file with the input x and the output y; weights by name have these shapes."""
    graph = helper.make_graph(
        list(nodes), "graph", [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", kind, None)],
        [onnx.numpy_helper.from_array(np.zeros(sizes, np.float16 if kind == 10 else np.float32), name)
         for name, sizes in weights.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path, **more)
    return path
