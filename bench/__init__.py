"""Measures convolutions: it checks each result, then times it, and gives each number an uncertainty and an origin.

Importing this package loads no tensor library, no pandas and no matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import InfrastructureError, UsageError
from bench.version import __version__

if TYPE_CHECKING:
    from bench.timing.blocks import time_blocks as time_blocks
    from bench.timing.draws import time_draws as time_draws

__all__ = ["InfrastructureError", "UsageError", "__version__", "time_blocks", "time_draws"]


def __getattr__(name: str) -> Any:
    if name == "time_blocks":
        from bench.timing.blocks import time_blocks

        return time_blocks
    if name == "time_draws":
        from bench.timing.draws import time_draws

        return time_draws
    raise AttributeError(f"module 'bench' has no attribute {name!r}")
