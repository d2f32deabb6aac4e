"""The folder where machine code and choices among kernels are kept for other processes."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import warnings
from pathlib import Path

_FOLDER_VARIABLE = "CONVCOST_CACHE"


@functools.cache
def cache_folder() -> Path:
    """$CONVCOST_CACHE, else a folder in the user's cache; a temporary one, with a warning, if that is not writable."""
    wanted = _wanted()
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as error:
        instead = Path(tempfile.mkdtemp(prefix="convcost-kernels-"))
        atexit.register(shutil.rmtree, instead, ignore_errors=True)
        warnings.warn(
            f"compiled kernels cannot be kept in {wanted} ({error}); every process compiles its own. "
            f"Name a writable folder: {_FOLDER_VARIABLE}=FOLDER",
            stacklevel=2,
        )
        return instead


def has_compiled_code() -> bool:
    """Whether any machine code is kept, so that a process finds some of its code compiled."""
    folder = _wanted()
    return folder.is_dir() and any(folder.iterdir())


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a file completely or not at all: several processes may write the same file. Raises OSError."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content.encode() if isinstance(content, str) else content)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def user_folder(name: str) -> Path:
    """A folder in the user's cache, which need not exist."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "convcost" / name


def _wanted() -> Path:
    if own := os.environ.get(_FOLDER_VARIABLE):
        return Path(own)
    return user_folder("kernels")
