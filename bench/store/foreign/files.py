"""Finds the program that wrote a file, and reads it. To add one: a module with `is_format` and `read`, and one line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from bench.bounds import json_value
from bench.errors import InfrastructureError, UsageError
from bench.store.foreign import google_benchmark, pyperf
from bench.store.foreign.value import ForeignRun

_ENDINGS = (".json", ".json.gz")
# google-benchmark first: only its files have a context.
_FORMATS = (google_benchmark, pyperf)


def is_foreign(path: Path) -> bool:
    """Whether a path is a JSON file, and so no folder of a run."""
    return path.is_file() and path.name.endswith(_ENDINGS)


def read(path: Path) -> ForeignRun:
    """The results of another program in a file, by its content.

    Raises UsageError for a file of no known program, of a version that is not read, and for samples that are not
    positive; InfrastructureError for a damaged one.
    """
    data = _parsed(path)
    for reader in _FORMATS:
        if reader.is_format(data):
            try:
                found: ForeignRun = reader.read(path, data)
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
                if isinstance(error, UsageError):
                    raise
                raise InfrastructureError(f"{path} is damaged: {error!r} in a file of {reader.PROGRAM}") from error
            _require_positive(found)
            return found
    known = " and ".join(reader.PROGRAM for reader in _FORMATS)
    raise UsageError(f"{path} is of no program that is read; allowed: JSON of {known}, or the folder of a run")


def _parsed(path: Path) -> Any:
    try:
        content = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
        return json_value(content)
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there") from error
    except (OSError, EOFError, ValueError) as error:
        raise InfrastructureError(f"{path} is damaged or cannot be read: {error}") from error


def _require_positive(found: ForeignRun) -> None:
    names = [case.name for case in found.cases if any(not value > 0 for taken in case.samples_s for value in taken)]
    if names:
        raise UsageError(f"{found.path} has samples that are not above 0, of {names[0]}; ratios of times need them so")
