"""Copies of finished runs in any file system of pyarrow: s3://, gs://, hdfs://, file://.

Credentials are those of the environment, as each file system looks for them itself. A run is measured on this machine's
disk: its journal must be safe after every visit, which no store of objects gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import runs

_URI = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
SCHEMES = ("s3", "gs", "gcs", "file", "hdfs", "abfs", "abfss", "mock")
ALLOWED = "allowed: s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER"


def is_uri(text: str) -> bool:
    """Whether a text names a place of a file system by a URI."""
    return _URI.match(text) is not None


def require_place(uri: str | None) -> None:
    """Raise UsageError, before hours of measuring, for a URI that names no place; None is no place, and fine."""
    if uri is not None:
        with _place(uri, None):
            pass


def push(run: Path, uri: str, filesystem: Any = None) -> str:
    """Copy a finished run below a place; the URI of the copy. What is there already is not written again.

    `filesystem` takes the place of that of the URI. Raises UsageError for a run that is not finished and a URI that is
    not understood, InfrastructureError if the copy fails or another run of the name is there.
    """
    meta = runs.read_meta(run)
    if "finished_utc" not in meta:
        raise UsageError(f"{run} is not finished; to finish it: convcost sweep --resume {run}")
    with _place(uri, filesystem) as (store, base):
        target = f"{base.rstrip('/')}/{run.name}"
        own = (run / runs.META_NAME).read_bytes()
        there = _content(store, f"{target}/{runs.META_NAME}")
        if there is not None and there != own:
            raise InfrastructureError(f"{uri} has another run of the name {run.name}; rename one of them")
        if there is None:
            store.create_dir(target, recursive=True)
            # Last: only with its run.json is the folder a run.
            for file in sorted(_files(run), key=lambda path: path.name == runs.META_NAME):
                with store.open_output_stream(f"{target}/{file.name}") as stream:
                    stream.write(file.read_bytes())
    return f"{uri.rstrip('/')}/{run.name}"


def pull(uri: str, to: Path, filesystem: Any = None) -> Path:
    """Copy a run from its place into the folder `to`; the new folder.

    Raises UsageError for a place without a run and for a folder that exists, InfrastructureError if the copy fails.
    """
    with _place(uri, filesystem) as (store, base):
        folder = to / PurePosixPath(base).name
        if _content(store, f"{base}/{runs.META_NAME}") is None:
            raise UsageError(f"{uri} is not a run: it has no {runs.META_NAME}; {_names(store, base)}")
        if folder.exists():
            raise UsageError(f"{folder} exists; give another folder, or remove it")
        runs.require_writable(to)
        part = folder.with_name(folder.name + ".part")
        part.mkdir(exist_ok=True)
        for info in _infos(store, base):
            (part / info.base_name).write_bytes(_content(store, info.path) or b"")
        part.replace(folder)
    return folder


def listed(uri: str, filesystem: Any = None) -> list[str]:
    """The URIs of the runs in a place, oldest name first."""
    with _place(uri, filesystem) as (store, base):
        return [f"{uri.rstrip('/')}/{name}" for name in _runs(store, base)]


def _names(store: Any, base: str) -> str:
    found = _runs(store, base)
    return f"runs there: {', '.join(found)}" if found else "allowed: a run that was pushed"


def _runs(store: Any, base: str) -> list[str]:
    from pyarrow.fs import FileSelector, FileType

    infos = store.get_file_info(FileSelector(base, allow_not_found=True))
    folders = [info for info in infos if info.type == FileType.Directory]
    return sorted(info.base_name for info in folders if _exists(store, f"{info.path}/{runs.META_NAME}"))


def _exists(store: Any, path: str) -> bool:
    from pyarrow.fs import FileType

    return bool(store.get_file_info(path).type == FileType.File)


def _content(store: Any, path: str) -> bytes | None:
    if not _exists(store, path):
        return None
    with store.open_input_stream(path, compression=None) as stream:
        content: bytes = stream.read()
    return content


def _infos(store: Any, base: str) -> list[Any]:
    from pyarrow.fs import FileSelector, FileType

    found = [info for info in store.get_file_info(FileSelector(base)) if info.type == FileType.File]
    # Last: only with its run.json is the folder a run.
    return sorted(found, key=lambda info: info.base_name == runs.META_NAME)


def _files(run: Path) -> Iterator[Path]:
    """The plain files of a run; links are no part of it."""
    return (file for file in sorted(run.iterdir()) if file.is_file() and not file.is_symlink())


@contextmanager
def _place(uri: str, filesystem: Any) -> Iterator[tuple[Any, str]]:
    """The file system and path of a URI; its errors as one sentence."""
    import pyarrow
    from pyarrow.fs import FileSystem

    scheme = uri.partition("://")[0].lower()
    if not is_uri(uri) or scheme not in SCHEMES:
        raise UsageError(f"{uri!r} names no place for runs; {ALLOWED}")
    try:
        store, path = FileSystem.from_uri(uri)
    except (pyarrow.ArrowInvalid, NotImplementedError, ValueError) as error:
        raise UsageError(f"{uri!r} names no place for runs ({error}); {ALLOWED}") from None
    try:
        yield filesystem or store, path
    except OSError as error:
        raise InfrastructureError(f"{uri} does not answer as it should: {str(error).splitlines()[0]}") from error
