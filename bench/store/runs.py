"""A run as a folder: run.json with its configuration and machine, the journal with its results, and tables of these."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.bounds import json_value
from bench.energy.model import SocketPower
from bench.energy.terms import Terms
from bench.errors import InfrastructureError, UsageError
from bench.store import assumed_power, energies, executed_work, journal, stored, tables
from bench.store.energies import FiguresByRow
from bench.store.energy_schema import Energy
from bench.store.executed_work import ModelledRun, RunWork
from bench.store.lines import canonical
from bench.store.run_json import LINES, META_NAME, RUN_ID, read_meta, write_meta
from bench.store.schema import SCHEMA_VERSION, Row
from bench.store.stored import SamplePiece

if TYPE_CHECKING:
    import pandas as pd

FINISHED = "finished_utc"
# Joules that were not measured are made from these entries of run.json.
_OF_JOULES = ("energy", "environment", "calibration")
DEFAULT_RESULTS = Path("results")


@dataclass(frozen=True)
class Run:
    """A run, finished or not, read from its folder; its tables have the columns of bench.store.schema.

    `pieces` are its samples, read anew each time that they are gone through: they may not fit in the memory.
    """

    path: Path
    meta: dict[str, Any]
    measurements: pd.DataFrame
    pieces: Iterable[SamplePiece]
    energy: pd.DataFrame

    @property
    def samples(self) -> pd.DataFrame:
        """The table of all samples, made anew each time."""
        return tables.sample_frame(self.pieces)


def create(results: Path, name: str, meta: dict[str, Any]) -> Path:
    """Make a new run folder results/<utc>-<host>-<name> with its run.json.

    Raises InfrastructureError if it cannot be written.
    """
    now = datetime.now(UTC)
    host = _slug(str(meta.get("environment", {}).get("host") or "host"))
    stem = f"{now:%Y%m%dT%H%M%SZ}-{host}-{_slug(name)}"
    path, attempt = results / stem, 1
    try:
        while True:
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                attempt += 1
                path = results / f"{stem}-{attempt}"
        try:
            created = {"schema_version": SCHEMA_VERSION, "created_utc": _utc(now)}
            write_meta(path, {**created, RUN_ID: secrets.token_hex(16), **meta})
        except BaseException:
            # Ctrl-C too: a folder without run.json is no run, and nothing would ever name it.
            shutil.rmtree(path, ignore_errors=True)
            raise
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}") from error
    return path


def require_writable(folder: Path) -> None:
    """Make a folder if it is missing. Raises InfrastructureError if nothing can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error
    if not os.access(folder, os.W_OK):
        raise InfrastructureError(f"{folder} cannot be written: permission denied")


def require_possible(folder: Path) -> None:
    """Raise InfrastructureError if a folder cannot be made, or nothing can be written in it; leaves no new folder."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    require_writable(folder)
    for path in missing:
        # Another process may have begun to use it.
        with suppress(OSError):
            path.rmdir()


def add_to_meta(folder: Path, entries: Mapping[str, Any]) -> None:
    """Add entries to run.json, or replace them. Raises InfrastructureError if it cannot be written."""
    try:
        write_meta(folder, {**read_meta(folder), **entries})
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error


def finish(folder: Path, entries: Mapping[str, Any]) -> None:
    """Close the journal of a run with its count, and write the end into run.json. Raises as `add_to_meta`."""
    # In this order: a run.json that says "finished" beside a journal without its end means that lines were lost.
    number = journal.close(folder)
    add_to_meta(folder, {**entries, FINISHED: _utc(datetime.now(UTC)), LINES: number})


def reopen(folder: Path) -> None:
    """Take the end from a run.json whose run goes on: its journal will have more lines. Raises as `add_to_meta`."""
    meta = read_meta(folder)
    if meta.keys() & {FINISHED, LINES}:
        try:
            write_meta(folder, {key: value for key, value in meta.items() if key not in (FINISHED, LINES)})
        except OSError as error:
            raise InfrastructureError(f"{folder} cannot be written: {error}") from error


def _utc(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def require_same_machine(path: Path, environment: dict[str, Any]) -> None:
    """Raise UsageError if a run was begun on another machine, or with other libraries, than `environment`."""
    before = read_meta(path).get("environment", {})
    for key in ("host", "cpu", "gpu", "threads", "convcost", "torch", "numba", "numpy"):
        if before.get(key) != environment.get(key):
            raise UsageError(
                f"{path} was begun with {key} {before.get(key)!r}, this is {environment.get(key)!r}; "
                "start a new sweep instead of mixing two machines in one run"
            )


def latest(results: Path = DEFAULT_RESULTS) -> Path:
    """The newest run in a folder. Raises UsageError if there is none."""
    files = list(results.glob(f"*/{META_NAME}")) if results.is_dir() else []
    if not files:
        raise UsageError(f"there is no run in {results}; make one with `convcost sweep`")
    return max(files, key=_when_made).parent


def _when_made(file: Path) -> tuple[str, int]:
    """The start of a run; within a second the file system's clock decides. A damaged run.json counts as oldest."""
    try:
        created = str(json_value(file.read_text(encoding="utf-8"))["created_utc"])
    except (OSError, ValueError, KeyError, TypeError):
        created = ""
    return created, file.parent.stat().st_ctime_ns


def load(path: Path, power: SocketPower | None = None, energy_model: Path | None = None) -> Run:
    """Read a run from its journal; joules that were not measured are modelled by `power`, in memory only.

    `energy_model` is the file of a model of executed work, which comes before a power. Raises UsageError for a folder
    that is not a run, and for a power or file that no row needs or that cannot be used; InfrastructureError for damage.
    """
    meta = read_meta(path)
    known = stored.read(path)
    rows = list(known.rows())
    if power is not None:
        meta = assumed_power.with_power(path, meta, energy_terms(path, meta), power)
    if energy_model is not None:
        meta = executed_work.with_model(path, meta, energy_terms(path, meta), energy_model)
    return Run(
        path=path,
        meta=meta,
        measurements=tables.frame(Row, rows),
        pieces=known,
        energy=tables.frame(Energy, energy_of(path, meta, rows, known.joules())),
    )


def energy_of(path: Path, meta: dict[str, Any], rows: Sequence[Row], measured: FiguresByRow) -> list[Energy]:
    """The joules of these rows of a run, with those measured. Raises InfrastructureError for damage."""
    terms = energy_terms(path, meta)
    executed = None if terms.executed is None else ModelledRun(terms.executed, run_work(path, meta))
    try:
        return energies.lines(rows, measured, terms.model, terms.without, terms.bracket, executed)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InfrastructureError(f"the joules in the journal of {path} are damaged: {error}") from error


def run_work(path: Path, meta: dict[str, Any]) -> RunWork:
    """What a run tells about the work of its rows. Raises InfrastructureError for damage."""
    try:
        return RunWork.of(meta)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise InfrastructureError(f"{path / META_NAME} is damaged: {error!r}") from error


def energy_terms(path: Path, meta: dict[str, Any]) -> Terms:
    """The devices whose energy was measured, modelled, bracketed or neither. Runs up to schema 1.2 do not record it."""
    if "energy" not in meta:
        return Terms(dict.fromkeys(("cpu", "cuda"), "not recorded"))
    try:
        return Terms.from_dict(meta["energy"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise InfrastructureError(f"{path / META_NAME} is damaged: {error!r}") from error


def write_tables(run: Run) -> None:
    """Write the tables as parquet files beside the journal, with the fingerprint of that journal."""
    made_from = fingerprint(run.path)
    tables.write(run.path, "measurements", run.measurements, made_from)
    tables.write_samples(run.path, run.pieces, made_from)
    # Last: with it all tables are there.
    tables.write(run.path, "energy", run.energy, made_from)


def write_tables_of(folder: Path, run: Run | None = None) -> None:
    """Write the tables of a run's folder, read already or not. Raises InfrastructureError if they cannot be written."""
    try:
        write_tables(run or load(folder))
    except OSError as error:
        raise InfrastructureError(f"{folder} cannot be written: {error}") from error


def fingerprint(folder: Path) -> str:
    """A digest of all that the tables are made from: the journal, and the entries of run.json for joules."""
    meta, file = read_meta(folder), journal.file_of(folder)
    found = hashlib.sha256(canonical([SCHEMA_VERSION, *(meta.get(entry) for entry in _OF_JOULES)]))
    if file is not None:
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                found.update(chunk)
    return found.hexdigest()


def renew_tables(run: Run, *, is_assumed: bool = False) -> bool:
    """Write the tables of a finished run again where they do not match its journal; whether they match it now.

    An archive keeps none. With `is_assumed` the joules of `run` rest on a power or model that it was read with: tables
    have those of the run itself. Raises InfrastructureError if they cannot be written. A folder that may not be written
    at all is left as it is.
    """
    file = journal.file_of(run.path)
    if file is None or file.name != journal.FILE_NAME or FINISHED not in run.meta:
        return False
    if tables.are_made_from(run.path, fingerprint(run.path)):
        return True
    if not os.access(run.path, os.W_OK):
        return False
    write_tables_of(run.path, None if is_assumed else run)
    return True


def by_column(lines: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The lines of a table by column: each name once, then its values."""
    return {column: [line[column] for line in lines] for column in (lines[0] if lines else {})}


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.") or "unnamed"
