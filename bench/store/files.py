"""Writes files of a run: whole or not at all, and never through a symbolic link."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# Windows has neither; its links are for administrators.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
# What files of text do with halves of characters.
UNKNOWN = "backslashreplace"


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its name at the end; after an error `path` is as it was. Raises OSError.

    A symbolic link of that name is replaced itself; its target is not touched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    with replaced(path) as temporary:
        temporary.write_bytes(content)


def replace_text(path: Path, text: str) -> None:
    """Write text as UTF-8. Raises OSError.

    A name of a file that is no UTF-8 has halves of characters, which become their codes, such as \\udce9.
    """
    replace(path, text.encode("utf-8", UNKNOWN))


def make_folder(path: Path) -> None:
    """Make a folder where it is missing. Raises OSError, for a link to a folder too: its target may be anybody's."""
    path.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))


def require_one_name(descriptor: int) -> None:
    """Raise OSError for an open file with a second name, a hard link: it may be anybody's."""
    if os.fstat(descriptor).st_nlink > 1:
        raise OSError(errno.EMLINK, "it has a second name, a hard link")


@contextmanager
def appended(path: Path) -> Iterator[BinaryIO]:
    """A file open to append bytes, made if it is missing. Raises OSError, for a link too."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK | _BINARY
    with os.fdopen(os.open(path, flags, 0o666), "ab") as file:
        require_one_name(file.fileno())
        yield file


def begin_to_keep(file: BinaryIO, start: int) -> int:
    """Have the system begin to write what a file has from `start` on to the disk, without waiting; its end.

    Less is left for a sync then. Where the system has no such call, nothing happens.
    """
    file.flush()
    end = file.tell()
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), start, end - start, os.POSIX_FADV_DONTNEED)
    return end


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can tell."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
