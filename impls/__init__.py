"""Implementations of 2-D convolution (forward pass) behind one interface.

`impls.conv2d` is torch.nn.functional.conv2d by any of them, `impls.Conv2d` is torch.nn.Conv2d, and `impls.prepare`
makes a plan: all three plan once, and then run at the speed that `convcost measure` shows.

`problem`, `interface` and `registry` are the frame. Each implementation is one file here, listed in `registry`; its
kernels and plans are in `cpu`, `gpu` and `by_torch`. `oracle` and `error_bounds` say whether a result is right.

Importing this package loads no tensor library; implementations, `conv2d` and `Conv2d` load theirs when used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from impls.epilogue import Epilogue
from impls.errors import ConvError, ProblemError, UnknownImplementation, Unsupported
from impls.interface import Case, Implementation, Plan, Work
from impls.plan_cache import PlanCacheInfo, clear_plan_cache, limit_plan_cache, plan_cache_info
from impls.planning import prepare
from impls.problem import ConvProblem
from impls.registry import get, load_file, names, register

if TYPE_CHECKING:
    from impls.functional import conv2d as conv2d
    from impls.layer import Conv2d as Conv2d
    from impls.swap.choice import SwapChoice as SwapChoice
    from impls.swap.optimize import optimize as optimize

__all__ = [
    "Case",
    "Conv2d",
    "ConvError",
    "ConvProblem",
    "Epilogue",
    "Implementation",
    "Plan",
    "PlanCacheInfo",
    "ProblemError",
    "SwapChoice",
    "UnknownImplementation",
    "Unsupported",
    "Work",
    "clear_plan_cache",
    "conv2d",
    "get",
    "limit_plan_cache",
    "load_file",
    "names",
    "optimize",
    "plan_cache_info",
    "prepare",
    "register",
]


# Imported on first use, because they load torch.
_LAZY = {
    "conv2d": "impls.functional",
    "Conv2d": "impls.layer",
    "SwapChoice": "impls.swap.choice",
    "optimize": "impls.swap.optimize",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'impls' has no attribute {name!r}")
    found = getattr(importlib.import_module(_LAZY[name]), name)
    # The next use finds it without this function.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
