"""run.json: what was measured where. It has a checksum of its own, and the identity that its journal is bound to."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from bench.bounds import json_value
from bench.errors import InfrastructureError, UsageError
from bench.store import files
from bench.store.run_types import entered
from bench.store.schema import SCHEMA_VERSION

META_NAME = "run.json"
CHECKSUM = "sha256"
RUN_ID = "run_id"
# The lines of the journal of a finished run.
LINES = "journal_lines"
# First parts of the schemas that are read; bench.store.earlier_schemas has the differences.
_READ = ("1", "2")
# Runs of earlier schemas have no checksum.
_FIRST_WITH_CHECKSUM = (2, 5)

_LONGEST_VERSION = 20

Meta = dict[str, Any]


def write_meta(path: Path, meta: Meta) -> None:
    """Write run.json with its checksum, whole or not at all. Raises OSError."""
    text = json.dumps({**meta, CHECKSUM: _checksum(meta)}, indent=2, allow_nan=False)
    files.replace(path / META_NAME, (text + "\n").encode("utf-8"))


def read_meta(path: Path) -> Meta:
    """Read run.json.

    Raises UsageError for a folder that is no run or has another schema, InfrastructureError for damage.
    """
    file = path / META_NAME
    if not file.is_file():
        raise UsageError(f"{path} is not a run: it has no {META_NAME}; allowed: a folder that `convcost sweep` made")
    try:
        meta: Meta = json_value(file.read_text(encoding="utf-8"))
        version = str(meta["schema_version"])
        stated = meta.pop(CHECKSUM, None)
        is_proven = not _has_checksum(version) if stated is None else stated == _checksum(meta)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InfrastructureError(f"{file} is damaged: {error}") from error
    if not is_proven:
        raise InfrastructureError(
            f"{file} is damaged: its checksum does not match; put back a copy of it: the journal belongs to that file"
        )
    if first_part(version) not in _READ:
        read = " and ".join(f"{n}.x" for n in _READ)
        raise UsageError(f"{path} has schema {version[:_LONGEST_VERSION]}; this convcost reads {read}")
    return entered(meta, file)


def require_same_schema(path: Path) -> None:
    """Raise UsageError for a run of an earlier schema: rows of two forms in one journal would mislead its readers."""
    version = str(read_meta(path)["schema_version"])
    if first_part(version) != first_part(SCHEMA_VERSION):
        raise UsageError(
            f"{path} has schema {version}, this convcost writes {SCHEMA_VERSION}: the run can be reported, not "
            f"continued; to render it: convcost report {path}; to measure again, start a new sweep"
        )


def first_part(version: str) -> str:
    """The part of a schema's version that changes when a column changes its type or goes."""
    return version.split(".")[0]


def _has_checksum(version: str) -> bool:
    parts = re.fullmatch(r"(\d{1,6})\.(\d{1,6})", version)
    return parts is not None and (int(parts[1]), int(parts[2])) >= _FIRST_WITH_CHECKSUM


def _checksum(meta: Meta) -> str:
    body = json.dumps(meta, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
