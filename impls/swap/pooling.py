"""Recognises max pooling that our own kernel computes: of maps in fp32 or fp64 on the CPU, channels last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import fx, nn

from impls.swap.following import has_hooks
from impls.swap.fusing import Form

_DTYPES = {torch.float32: "float32", torch.float64: "float64"}
_FUNCTIONS = (F.max_pool2d, torch.max_pool2d)
# The arguments of both, and what they are where they are not given.
_DEFAULTS = {"kernel_size": None, "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}
_Two: TypeAlias = "tuple[int, int]"


def pooling_of(
    node: fx.Node, modules: Mapping[str, nn.Module], forms: Mapping[fx.Node, Form]
) -> dict[str, _Two] | None:
    """Kernel, stride and padding of an operation that is such a pooling; None for others."""
    x = node.args[0] if node.args else None
    given = _arguments(node, modules)
    if given is None or not isinstance(x, fx.Node) or not all(one in forms for one in (x, node)):
        return None
    shape, dtype, device = forms[x]
    if len(shape) != 4 or dtype not in _DTYPES or device != "cpu" or 0 in shape:
        return None
    sizes = [_two(given["kernel_size"]), _two(given["stride"] or given["kernel_size"]), _two(given["padding"])]
    if None in sizes or _two(given["dilation"]) != (1, 1):
        return None
    return dict(zip(("kernel", "stride", "padding"), sizes, strict=True))  # type: ignore[arg-type]


def dtype_name(dtype: torch.dtype) -> str:
    """The type of a pooling's maps as kernels call it."""
    return _DTYPES[dtype]


def _arguments(node: fx.Node, modules: Mapping[str, nn.Module]) -> dict[str, Any] | None:
    """All arguments of a max pooling that returns no indices; the shape of its result says whether it rounds up."""
    if node.op == "call_module":
        module = modules[str(node.target)]
        if type(module) is not nn.MaxPool2d or module.return_indices or has_hooks(module):
            return None
        return {name: getattr(module, name) for name in _DEFAULTS}
    if node.op != "call_function" or node.target not in _FUNCTIONS or node.kwargs.get("return_indices"):
        return None
    given = dict(zip(_DEFAULTS, node.args[1:], strict=False))
    if len(node.args) > 1 + len(_DEFAULTS) or not set(node.kwargs) <= {*_DEFAULTS, "return_indices"}:
        return None
    return _DEFAULTS | given | dict(node.kwargs)


def _two(value: Any) -> _Two | None:
    """A size for both axes; None for what is none, such as a size that the network computes."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) == 1:
        pair *= 2
    return pair if len(pair) == 2 and all(type(one) is int for one in pair) else None
