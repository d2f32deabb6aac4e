"""Measures convolutions: it checks each result, then times it, and gives each number an uncertainty and an origin.

Importing this package loads no tensor library, no pandas and no matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bench.errors import InfrastructureError, UsageError
from bench.version import __version__

if TYPE_CHECKING:
    from bench.notebook import plot as plot
    from bench.notebook.loading import load as load
    from bench.timing.blocks import time_blocks as time_blocks
    from bench.timing.draws import time_draws as time_draws

__all__ = ["InfrastructureError", "UsageError", "__version__", "load", "plot", "time_blocks", "time_draws"]


# Imported on first use, because they load libraries for statistics, tables and figures.
_LAZY = {
    "load": "bench.notebook.loading",
    "time_blocks": "bench.timing.blocks",
    "time_draws": "bench.timing.draws",
}
_LAZY_MODULES = {"plot": "bench.notebook.plot"}


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        found: Any = importlib.import_module(_LAZY_MODULES[name])
    elif name in _LAZY:
        found = getattr(importlib.import_module(_LAZY[name]), name)
    else:
        raise AttributeError(f"module 'bench' has no attribute {name!r}")
    # The next use finds it without this function.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
