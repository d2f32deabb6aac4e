"""The journal: one checksummed line for each finished case, appended and synced; the only truth of a run.

A line is {"sha256": …, "record": …}, the checksum over the record as compact JSON with sorted keys. A last line that is
torn (the machine went down while it was written) is left out; damage anywhere else is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError

FILE_NAME = "journal.jsonl"

Record = dict[str, Any]


def append(folder: Path, record: Record) -> None:
    """Add one finished case and wait until it is on the disk. Raises InfrastructureError if it cannot be."""
    body = _canonical(record)
    line = json.dumps({"sha256": _checksum(body), "record": record}, separators=(",", ":"), allow_nan=False)
    path = folder / FILE_NAME
    try:
        _cut_torn_line(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}") from error


def read(folder: Path) -> list[Record]:
    """All whole records in order; none if there is no journal yet.

    Raises InfrastructureError, with the line, for a record that is damaged.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    # What follows the last newline was never finished.
    return [_decode(line, f"{path}, line {number}") for number, line in enumerate(lines[:-1], 1)]


def _cut_torn_line(path: Path) -> None:
    if not path.is_file():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


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
