"""Implementations of 2-D convolution (forward pass) behind one interface.

`problem`, `interface` and `registry` are the frame. Each implementation is one file here, listed in `registry`; its
kernels and plans are in `cpu`, `gpu` and `by_torch`. `oracle` and `error_bounds` say whether a result is right.

Importing this package loads no tensor library; implementations and `conv2d` load theirs when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impls.errors import ConvError, ProblemError, UnknownImplementation, Unsupported
from impls.interface import Case, Implementation, Plan, Work
from impls.planning import prepare
from impls.problem import ConvProblem
from impls.registry import get, load_file, names, register

if TYPE_CHECKING:
    from impls.functional import conv2d as conv2d

__all__ = [
    "Case",
    "ConvError",
    "ConvProblem",
    "Implementation",
    "Plan",
    "ProblemError",
    "UnknownImplementation",
    "Unsupported",
    "Work",
    "conv2d",
    "get",
    "load_file",
    "names",
    "prepare",
    "register",
]


def __getattr__(name: str) -> Any:
    # conv2d is imported on first use, because it loads torch.
    if name == "conv2d":
        from impls.functional import conv2d

        return conv2d
    raise AttributeError(f"module 'impls' has no attribute {name!r}")
