"""The journal of a run: one checksummed line for each visit to a case, from which everything else can be rebuilt.

bench.store.lines has the form of a line: each is bound to the line before and to the run. The journal of a finished run
ends with a line that counts the others, and run.json has that number too. A last line that is torn (the machine went
down while it was written) is left out; damage anywhere else is an error that names the line. An archive has its journal
compressed (xz), to read only.
"""

from __future__ import annotations

import lzma
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from bench.errors import InfrastructureError, UsageError
from bench.store import files, lines
from bench.store.lines import CLOSED, START, JournalLine, Record
from bench.store.run_json import LINES, META_NAME, RUN_ID, read_meta

FILE_NAME = "journal.jsonl"
COMPRESSED_NAME = FILE_NAME + ".xz"
# The smallest file: an archive is written once.
PRESET = 9 | lzma.PRESET_EXTREME
# Lines are longer than the usual buffer.
_BUFFER_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class _End:
    """Where a journal ends: its last checksum, its records, its whole lines in bytes, and the file as it was then."""

    digest: str = START
    records: int = 0
    size_bytes: int = 0
    is_closed: bool = False
    run_id: str = ""
    file: tuple[int, int, int] | None = None


# The ends of the journals that this process writes or has read: a journal is not read again for each line.
_ENDS: dict[Path, _End] = {}


def append(folder: Path, record: Record) -> None:
    """Add one record and wait until it is on the disk.

    Raises UsageError if the journal is compressed, InfrastructureError if it cannot be written.
    """
    extend(folder, (lines.body_of(record),))


def extend(folder: Path, bodies: Iterable[bytes]) -> None:
    """Add records that are written already, byte for byte, and wait until they are on the disk. Raises as `append`."""
    require_open(folder)
    path = folder / FILE_NAME
    try:
        end = _end_of(folder)
        digest, records, size_bytes, is_closed = end.digest, end.records, end.size_bytes, end.is_closed
        # Forgotten until the lines are whole: after an error the end is read again.
        _ENDS.pop(path.absolute(), None)
        with files.appended(path) as file:
            if os.fstat(file.fileno()).st_size != end.size_bytes:
                file.truncate(end.size_bytes)
            for line in lines.chained(bodies, end.digest, end.run_id):
                size_bytes += file.write(lines.encoded(line))
                is_closed = line.is_closing
                digest, records = line.digest, records + (not is_closed)
            file.flush()
            os.fsync(file.fileno())
            now = os.fstat(file.fileno())
        if not end.size_bytes:
            files.sync_folder(folder)
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}") from error
    _ENDS[path.absolute()] = _End(digest, records, size_bytes, is_closed, end.run_id, _mark(now))


def close(folder: Path) -> int:
    """End the journal with a line that counts its records, unless it has one; their number. Raises as `append`."""
    try:
        end = _end_of(folder)
    except OSError as error:
        raise InfrastructureError(f"{folder / FILE_NAME} cannot be read: {error}") from error
    if not end.is_closed:
        append(folder, {CLOSED: end.records})
    return end.records


def require_open(folder: Path) -> None:
    """Raise UsageError if the journal is compressed: nothing can be added to it."""
    if (folder / COMPRESSED_NAME).is_file():
        raise UsageError(
            f"{folder} is an archive: nothing can be added to its compressed journal; "
            "continue the run that it was made from, or start a new sweep"
        )


def read(folder: Path) -> list[Record]:
    """All whole records in order, of a plain or a compressed journal; none if there is no journal yet.

    Raises InfrastructureError, with the line, for a record that is damaged.
    """
    return list(records(folder))


def records(folder: Path) -> Iterator[Record]:
    """As `read`, one record after the other: a long journal does not fit in the memory."""
    for number, line in enumerate(proven(folder), 1):
        try:
            record = line.record()
        except ValueError as error:
            raise _damaged(folder, number, str(error)) from error
        if CLOSED not in record:
            yield record


def proven(folder: Path) -> Iterator[JournalLine]:
    """The lines of a journal in order, each proven. Raises InfrastructureError with the line that is damaged."""
    return (line for line, _ in proven_contents(folder))


def proven_contents(folder: Path) -> Iterator[tuple[JournalLine, bytes]]:
    """As `proven`, each line with its content in the file. A journal read to its end need not be read to append."""
    run_id, expected = _identity(folder)
    path = file_of(folder)
    before = _mark(path.stat()) if path is not None else None
    number, counted, last, is_closed, is_chained, size_bytes = 0, 0, START, False, False, 0
    for number, content in enumerate(() if path is None else whole_lines(path), 1):
        try:
            line = lines.read(content, run_id)
            is_chained = _require_place(line, last, is_chained=is_chained)
            is_closed = _require_count(line, counted)
        except ValueError as error:
            raise _damaged(folder, number, str(error)) from error
        last, counted, size_bytes = line.digest, counted + (not is_closed), size_bytes + len(content) + 1
        yield line, content
    if expected is not None and not (is_closed and counted == expected):
        raise _damaged(
            folder, number + 1, f"the run is finished with {expected} records, and the journal has {counted}"
            + ("" if is_closed else " and no end")
        )  # fmt: skip
    if path is not None and path.name == FILE_NAME:
        _ENDS[path.absolute()] = _End(last, counted, size_bytes, is_closed, run_id, before)


def _require_place(line: JournalLine, last: str, *, is_chained: bool) -> bool:
    """Whether a line is in today's form. Raises ValueError for one that does not follow the line before it.

    Lines of earlier schemas come first: they do not say which line they follow.
    """
    if line.after != last if line.after is not None else is_chained:
        raise ValueError("it does not follow the line before: a line is missing, doubled or moved")
    return line.after is not None


def _require_count(line: JournalLine, counted: int) -> bool:
    """Whether a line closes the journal. Raises ValueError if it counts other records than there are before it."""
    if not line.is_closing:
        return False
    if line.record() != {CLOSED: counted}:
        raise ValueError(f"it ends a journal of other records than the {counted} before it")
    return True


def compress(folder: Path, to: Path) -> int:
    """Write the whole lines of a journal into a compressed one, byte for byte; the number of records.

    Raises InfrastructureError, with the line, for one that is damaged, and OSError.
    """
    found = 0
    with lzma.open(to, "wb", preset=PRESET) as packed:
        for line, content in proven_contents(folder):
            packed.write(content + b"\n")
            found += not line.is_closing
    return found


def of_records(known: Iterable[Record], run_id: str = "", *, is_closed: bool = False) -> bytes:
    """These records as the content of a journal of that run, with its last line if it is closed."""
    return b"".join(of_bodies(map(lines.body_of, known), run_id, is_closed=is_closed))


def of_bodies(bodies: Iterable[bytes], run_id: str = "", *, is_closed: bool = False) -> Iterator[bytes]:
    """As `of_records`, line by line, of records that are written already."""
    return map(lines.encoded, lines.chained(_with_end(bodies) if is_closed else bodies, START, run_id))


def _with_end(bodies: Iterable[bytes]) -> Iterator[bytes]:
    count = 0
    for body in bodies:
        yield body
        count += 1
    yield lines.body_of({CLOSED: count})


def file_of(folder: Path) -> Path | None:
    """The file of the journal; None if there is none yet. Raises InfrastructureError for two of them."""
    found = [path for name in (FILE_NAME, COMPRESSED_NAME) if (path := folder / name).is_file()]
    if len(found) > 1:
        raise InfrastructureError(f"{folder} has two journals, {FILE_NAME} and {COMPRESSED_NAME}; delete one")
    return found[0] if found else None


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file without their ends: what follows the last end was never finished."""
    try:
        with _opened(path) as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]
    except (lzma.LZMAError, EOFError) as error:
        raise InfrastructureError(f"{path} is damaged: {error}") from error
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be read: {error}") from error


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, lzma.open(path)) if path.name == COMPRESSED_NAME else path.open("rb", _BUFFER_BYTES)


def _identity(folder: Path) -> tuple[str, int | None]:
    """The identity of the run, and the records of a finished one; neither before there is a run.json."""
    if not (folder / META_NAME).is_file():
        return "", None
    meta = read_meta(folder)
    return str(meta.get(RUN_ID, "")), meta.get(LINES)


def _end_of(folder: Path) -> _End:
    """The end of a plain journal, read only if its file is not as this process left it. Raises OSError."""
    path = folder / FILE_NAME
    now = _mark(path.stat()) if path.is_file() else None
    known = _ENDS.get(path.absolute())
    if known is not None and known.file == now:
        return known
    if now is None:
        run_id, _ = _identity(folder)
        return _End(run_id=run_id)
    for _ in proven(folder):
        pass
    return _ENDS[path.absolute()]


def _mark(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _damaged(folder: Path, number: int, why: str) -> InfrastructureError:
    path = file_of(folder) or folder / FILE_NAME
    advice = "" if path.name == COMPRESSED_NAME else f"; to set it aside: convcost results repair {folder}"
    return InfrastructureError(f"{path}, line {number} is damaged: {why}{advice}")
