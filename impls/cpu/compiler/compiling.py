"""Compiles loops by Numba, and keeps their machine code on disk for other processes.

For plain loops over arrays of floats; kernels and drivers are translated (impls.cpu.compiler.translation), which takes
a tenth of the time. Numba alone notices a change of a function's own file, but not of one that it calls from another
file. So machine code is kept in a folder named by all sources of `impls.cpu`: any change of them compiles anew. Folders
of other sources are deleted when they are old.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numba
from numba.core import config

from impls.cache_folder import cache_folder

Function = Callable[..., Any]

_SOURCES = Path(__file__).parents[1]
# Hexadecimal digits of the folder's name: 2^64 versions are enough to never meet twice.
_DIGITS = 16
_PREFIX = "numba-"
# Folders of other sources that were not written to for this long are deleted: 30 days.
_OLD_S = 30 * 24 * 3600.0
# Untyped: its overloads do not accept options passed on.
_njit: Any = numba.njit
# Untyped: its values are made from the environment.
_config: Any = config


def kept(*signatures: Any, **options: Any) -> Callable[[Function], Function]:
    """`numba.njit` with a cache on disk, in the folder of `impls.cache_folder`."""

    def compiled(function: Function) -> Function:
        with _numba_cache(str(_folder())):
            made: Function = _njit(*signatures, cache=True, **options)(function)
        return made

    return compiled


@functools.cache
def _folder() -> Path:
    """The folder of the machine code that belongs to these sources."""
    digest = hashlib.sha256()
    for source in sorted(_SOURCES.rglob("*.py")):
        digest.update(source.relative_to(_SOURCES).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    folder = cache_folder() / f"{_PREFIX}{digest.hexdigest()[:_DIGITS]}"
    if not folder.exists():
        _delete_old(folder)
    return folder


def _delete_old(but: Path) -> None:
    """Delete the old folders of other sources beside the folder `but`."""
    for folder in but.parent.glob(f"{_PREFIX}*"):
        # Errors are ignored: another process may delete the same folder, and one that stays costs only disk space.
        with suppress(OSError):
            if folder != but and time.time() - folder.stat().st_mtime > _OLD_S:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _numba_cache(folder: str) -> Iterator[None]:
    """Numba chooses a function's folder when it is decorated: this one inside, the user's own for everybody else."""
    before, _config.CACHE_DIR = _config.CACHE_DIR, folder
    try:
        yield
    finally:
        _config.CACHE_DIR = before
