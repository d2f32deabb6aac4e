"""How drivers are compiled: by Numba, their machine code kept on disk where there is a folder for it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numba

Function = Callable[..., Any]


# Its overloads do not see through options that are handed on.
_njit: Any = numba.njit


def kept(*signatures: Any, **options: Any) -> Callable[[Function], Function]:
    """`numba.njit` that keeps what it compiles, and goes without where neither package nor home can be written."""

    def compiled(function: Function) -> Function:
        try:
            made: Function = _njit(*signatures, cache=True, **options)(function)
        except RuntimeError as error:
            # Raised before anything is compiled; by its words, as Numba has no type for it.
            if "no locator available" not in str(error):
                raise
            _warn()
            made = _njit(*signatures, **options)(function)
        return made

    return compiled


@functools.cache
def _warn() -> None:
    warnings.warn(
        "Numba finds no folder for compiled code that can be written; every process compiles its own. "
        "Name one: NUMBA_CACHE_DIR=FOLDER",
        stacklevel=4,
    )
