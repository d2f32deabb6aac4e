"""What a run's folder holds, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.errors import InfrastructureError, UsageError
from bench.store import journal, lock, runs, tables
from bench.store.run_json import read_meta


@dataclass(frozen=True, slots=True)
class FolderContents:
    """A run's folder: its name, state, start, host, cases, records and bytes; `damage` is None where none was found.

    `has_tables` is whether its tables match its journal. `writer` is the process that writes it now.
    """

    folder: Path
    name: str = ""
    created_utc: str = ""
    host: str = ""
    cases: int = 0
    records: int = 0
    size_bytes: int = 0
    is_finished: bool = False
    has_tables: bool = False
    writer: str | None = None
    damage: str | None = None

    @property
    def state(self) -> str:
        """One word on the run."""
        if self.damage is not None:
            return "damaged"
        return "running" if self.writer else "finished" if self.is_finished else "unfinished"


def folders_in(results: Path) -> list[Path]:
    """The folders of runs in a folder, by name. Raises UsageError if there are none."""
    found = sorted(file.parent for file in results.glob(f"*/{runs.META_NAME}")) if results.is_dir() else []
    if not found:
        raise UsageError(f"there is no run in {results}; make one with `convcost sweep`")
    return found


def examine(folder: Path, *, proves: bool = True) -> FolderContents:
    """What a folder holds; with `proves` all rows are read too, not only the lines. Raises UsageError for no run."""
    owner = lock.owner_of(folder)
    writer = f"process {owner.pid} on {owner.host}" if owner is not None and owner.is_alive else None
    size_bytes = sum(file.lstat().st_size for file in folder.iterdir() if file.is_file()) if folder.is_dir() else 0
    try:
        meta = read_meta(folder)
        keys = [key for line in journal.proven(folder) if (key := line.key)]
        if proves:
            runs.load(folder)
        has_tables = tables.are_made_from(folder, runs.fingerprint(folder))
    except InfrastructureError as error:
        return FolderContents(folder, size_bytes=size_bytes, writer=writer, damage=str(error))
    return FolderContents(
        folder, str(meta.get("name", "")), str(meta.get("created_utc", "")),
        str((meta.get("environment") or {}).get("host", "")), len(set(keys)), len(keys), size_bytes,
        runs.FINISHED in meta, has_tables, writer,
    )  # fmt: skip
