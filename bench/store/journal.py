"""The journal of a run: one checksummed line for each visit to a case, from which everything else can be rebuilt.

A line is {"sha256": …, "record": …}, the checksum over the record as compact JSON with sorted keys. A last line that is
torn (the machine went down while it was written) is left out; damage anywhere else is an error. An archive has its
journal compressed (xz), to read only.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError

FILE_NAME = "journal.jsonl"
COMPRESSED_NAME = FILE_NAME + ".xz"
# The smallest file: an archive is written once.
PRESET = 9 | lzma.PRESET_EXTREME

Record = dict[str, Any]


def append(folder: Path, record: Record) -> None:
    """Add one record and wait until it is on the disk.

    Raises UsageError if the journal is compressed, InfrastructureError if it cannot be written.
    """
    require_open(folder)
    line = _line(record)
    path = folder / FILE_NAME
    try:
        _cut_torn_line(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}") from error


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
    path = file_of(folder)
    if path is None:
        return []
    lines = _whole_lines(path).decode("utf-8", errors="replace").split("\n")
    return [_decode(line, f"{path}, line {number}") for number, line in enumerate(lines[:-1], 1)]


def compressed(folder: Path) -> bytes:
    """The whole lines of a journal as the content of a compressed one, byte for byte.

    Raises InfrastructureError, with the line, for a record that is damaged.
    """
    read(folder)
    path = file_of(folder)
    return lzma.compress(b"" if path is None else _whole_lines(path), preset=PRESET)


def of_records(records: Iterable[Record]) -> bytes:
    """These records as the content of a compressed journal."""
    return lzma.compress("".join(f"{_line(record)}\n" for record in records).encode("utf-8"), preset=PRESET)


def file_of(folder: Path) -> Path | None:
    """The file of the journal; None if there is none yet. Raises InfrastructureError for two of them."""
    found = [path for name in (FILE_NAME, COMPRESSED_NAME) if (path := folder / name).is_file()]
    if len(found) > 1:
        raise InfrastructureError(f"{folder} has two journals, {FILE_NAME} and {COMPRESSED_NAME}; delete one")
    return found[0] if found else None


def _whole_lines(path: Path) -> bytes:
    """The content up to the last newline: a line after it was never finished."""
    content = path.read_bytes()
    if path.name == COMPRESSED_NAME:
        try:
            content = lzma.decompress(content)
        except lzma.LZMAError as error:
            raise InfrastructureError(f"{path} is damaged: {error}") from error
    return content[: content.rfind(b"\n") + 1]


def _cut_torn_line(path: Path) -> None:
    if not path.is_file():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


def _line(record: Record) -> str:
    return json.dumps(
        {"sha256": _checksum(_canonical(record)), "record": record}, separators=(",", ":"), allow_nan=False
    )


def _decode(line: str, where: str) -> Record:
    try:
        entry = json.loads(line)
        record: Record = entry["record"]
        intact = entry["sha256"] == _checksum(_canonical(record))
    except (ValueError, KeyError, TypeError) as error:
        raise InfrastructureError(f"{where} is damaged: {error}") from error
    if not intact:
        raise InfrastructureError(f"{where} is damaged: its checksum does not match")
    return record


def _canonical(record: Record) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
