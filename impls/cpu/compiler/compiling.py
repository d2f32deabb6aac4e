"""Compiles drivers by Numba, which keeps their machine code on disk where it finds a folder.

Numba compiles a driver anew when the driver's own file changes, not when a function changes that the driver calls from
another file: after such a change, delete __pycache__/*.nbi and *.nbc.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numba

Function = Callable[..., Any]


# Untyped: its overloads do not accept options passed on.
_njit: Any = numba.njit


def kept(*signatures: Any, **options: Any) -> Callable[[Function], Function]:
    """`numba.njit` with a cache on disk; without one, and a warning, where neither package nor home can be written."""

    def compiled(function: Function) -> Function:
        try:
            made: Function = _njit(*signatures, cache=True, **options)(function)
        except RuntimeError as error:
            # Raised before anything is compiled. Numba has no type for this error: it is known by its words.
            if "no locator available" not in str(error):
                raise
            _warn()
            made = _njit(*signatures, **options)(function)
        return made

    return compiled


@functools.cache
def _warn() -> None:
    warnings.warn(
        "Numba finds no writable folder for compiled code; every process compiles its own. "
        "Name a folder: NUMBA_CACHE_DIR=FOLDER",
        stacklevel=4,
    )
