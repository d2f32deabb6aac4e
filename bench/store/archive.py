"""Archives: copies of runs that are small enough for a repository, without the tables that can be rebuilt.

An archive of rows alone, a tenth as large, serves everything but what looks at samples: the intervals stay, and what
they were made from does not.
"""

from __future__ import annotations

import lzma
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import files, journal, lines, runs
from bench.store.run_json import LINES, RUN_ID


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive: its folder, the records in its journal, and the bytes of the run before and after."""

    folder: Path
    records: int
    before_bytes: int
    after_bytes: int


def archive(run: Path, to: Path, *, rows_only: bool = False) -> Archived:
    """Copy a run's run.json to a new folder, and its journal and further JSON files compressed (xz).

    With `rows_only` the journal has each case once, with its last rows, and no samples.
    Raises UsageError for a folder that is not a run and for one that is not empty, InfrastructureError for a damaged
    journal and where nothing can be written.
    """
    meta = runs.read_meta(run)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} exists and is not empty; give a new folder")
    is_new = not to.exists()
    try:
        to.mkdir(parents=True, exist_ok=True)
        with files.replaced(to / journal.COMPRESSED_NAME) as packed:
            records = _compress_rows(run, packed, meta) if rows_only else journal.compress(run, packed)
        for file in sorted(run.glob("*.json")):
            if file.name != runs.META_NAME:
                (to / f"{file.name}.xz").write_bytes(lzma.compress(file.read_bytes(), preset=journal.PRESET))
        for file in sorted(run.glob("*.json.xz")):
            shutil.copyfile(file, to / file.name)
        # Last: only with its run.json is the folder a run.
        if rows_only and LINES in meta:
            runs.write_meta(to, {**meta, LINES: records})
        else:
            shutil.copyfile(run / runs.META_NAME, to / runs.META_NAME)
    except OSError as error:
        raise InfrastructureError(f"{to} cannot be written: {error}") from error
    finally:
        if is_new:
            # After damage in the journal it is empty.
            with suppress(OSError):
                to.rmdir()
    return Archived(to, records, _bytes_in(run), _bytes_in(to))


def _compress_rows(run: Path, to: Path, meta: Mapping[str, Any]) -> int:
    """Write the rows of a run alone as a compressed journal; the number of records. Raises as `journal.compress`."""
    kept = [lines.body_of(record) for record in _last_rows(journal.records(run))]
    with lzma.open(to, "wb", preset=journal.PRESET) as packed:
        packed.writelines(journal.of_bodies(kept, str(meta.get(RUN_ID, "")), is_closed=LINES in meta))
    return len(kept)


def _last_rows(records: Iterable[journal.Record]) -> list[journal.Record]:
    """Each case once, in the order of first visits; and the joules of each, without the windows behind them."""
    cases: dict[str, journal.Record] = {}
    joules: list[journal.Record] = []
    for record in records:
        if "energy" in record:
            joules.append({name: value for name, value in record.items() if name != "processes"})
        else:
            spent_s = record.get("spent_s", 0.0) + cases.get(record["key"], {}).get("spent_s", 0.0)
            cases[record["key"]] = {"key": record["key"], "rows": record["rows"], "samples": {}, "spent_s": spent_s}
    return [*cases.values(), *joules]


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
