"""Copies of finished runs in any file system of pyarrow: s3://, gs://, hdfs://, file://.

Credentials are those of the environment, as each file system looks for them itself. A run is measured on this machine's
disk: its journal must be safe after every visit, which no store of objects gives. It is read from a copy on this
machine's disk, too, which is made when a command first names the run by its URI.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, lock, runs
from impls.cache_folder import user_folder

_URI = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
SCHEMES = ("s3", "gs", "gcs", "file", "hdfs", "abfs", "abfss", "mock")
ALLOWED = "allowed: s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER"
# Names that convcost gives to runs and to their files: no other name is a file or folder of a copy.
_NAME = re.compile(r"\w[\w.+-]*", re.ASCII)
# Of the checksum of a URI, in the name of the folder of its copy.
_DIGITS = 16
_PIECE_BYTES = 2**20


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
                with store.open_output_stream(f"{target}/{file.name}") as stream, file.open("rb") as content:
                    shutil.copyfileobj(content, stream, _PIECE_BYTES)
    return f"{uri.rstrip('/')}/{run.name}"


def folder_of(run: str) -> Path:
    """The folder that a user names, or that of the copy of a run elsewhere, by its URI. Raises as `fetched` does."""
    return fetched(run) if is_uri(run) else Path(run)


def fetched(uri: str, filesystem: Any = None) -> Path:
    """The folder of a run's copy in the user's cache: made once, and again where the run there is another one.

    `filesystem` takes the place of that of the URI. Raises UsageError for a place without a run, InfrastructureError if
    the copy fails.
    """
    with _place(uri, filesystem) as (store, path):
        base = path.rstrip("/")
        own = _content(store, f"{base}/{runs.META_NAME}")
        if own is None:
            raise UsageError(f"{uri} is not a run: it has no {runs.META_NAME}; {_names(store, base)}")
        name = PurePosixPath(base).name
        if not _NAME.fullmatch(name):
            raise UsageError(f"{uri} does not end in the name of a run, as in {runs.DEFAULT_RESULTS}/NAME")
        folder = _copies() / hashlib.sha256(uri.rstrip("/").encode()).hexdigest()[:_DIGITS] / name
        sizes = {info.base_name: info.size for info in _infos(store, base)}
        if not _is_copy(folder, own, sizes):
            _copy(store, base, sizes, folder)
            if not _is_copy(folder, own, sizes):
                raise InfrastructureError(f"{uri} was changed while it was copied; try again")
    return folder


def require_own(folder: Path) -> None:
    """Raise UsageError for a copy in the user's cache: a change of it would reach no run."""
    if folder.resolve().is_relative_to(_copies().resolve()):
        raise UsageError(
            f"{folder} is a copy of a run elsewhere; copy that run to a folder of results, and repair it there"
        )


def _copies() -> Path:
    return user_folder("runs")


def _is_copy(folder: Path, own: bytes, sizes: Mapping[str, int]) -> bool:
    """Whether a folder has this run.json and a journal of that size; tables are made anew where they do not match."""
    try:
        return (folder / runs.META_NAME).read_bytes() == own and all(
            sizes.get(name) == (file.stat().st_size if (file := folder / name).is_file() else None)
            for name in (journal.FILE_NAME, journal.COMPRESSED_NAME)
        )
    except OSError:
        return False


def _copy(store: Any, base: str, names: Iterable[str], folder: Path) -> None:
    """Copy these files of a run into a folder, in place of an earlier copy."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name in names:
            with (
                store.open_input_stream(f"{base}/{name}", compression=None) as stream,
                (part / name).open("wb") as file,
            ):
                shutil.copyfileobj(stream, file, _PIECE_BYTES)
        shutil.rmtree(folder, ignore_errors=True)
        # Another process may have been faster; whether its copy is right is asked next.
        with suppress(OSError):
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


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
    """The files of a run, but for the one that says who writes it."""
    from pyarrow.fs import FileSelector, FileType

    found = [info for info in store.get_file_info(FileSelector(base)) if info.type == FileType.File]
    return [info for info in found if _NAME.fullmatch(info.base_name) and info.base_name != lock.FILE_NAME]


def _files(run: Path) -> Iterator[Path]:
    """The plain files of a run; links are no part of it."""
    return (file for file in sorted(run.iterdir()) if file.is_file() and not file.is_symlink())


@contextmanager
def _place(uri: str, filesystem: Any) -> Iterator[tuple[Any, str]]:
    """The file system and path of a URI; its errors as one sentence."""
    scheme = uri.partition("://")[0].lower()
    if not is_uri(uri) or scheme not in SCHEMES:
        raise UsageError(f"{uri!r} names no place for runs; {ALLOWED}")
    try:
        from pyarrow.fs import FileSystem

        store, path = FileSystem.from_uri(uri)
    except (ImportError, NotImplementedError) as error:
        raise InfrastructureError(
            f"this pyarrow cannot reach {scheme}:// ({error}); install one that can: pip install pyarrow"
        ) from error
    except ValueError as error:
        raise UsageError(f"{uri!r} names no place for runs ({error}); {ALLOWED}") from None
    except OSError as error:
        raise InfrastructureError(f"{uri} does not answer as it should: {_line(error)}") from error
    try:
        yield filesystem or store, path
    except OSError as error:
        raise InfrastructureError(f"{uri} does not answer as it should: {_line(error)}") from error


def _line(error: OSError) -> str:
    return str(error).partition("\n")[0]
