"""What exporters write: the rows, samples and joules of a run, read from its journal without loading pandas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import InfrastructureError, UsageError
from bench.store import runs, stored
from bench.store.energy_schema import Energy
from bench.store.files import UNKNOWN
from bench.store.samples import from_columns
from bench.store.schema import Row, Sample
from bench.store.status import Status

# The samples of one process, in the order measured.
ByProcess = dict[int, list[Sample]]


@dataclass(frozen=True, slots=True)
class TimedRow:
    """An ok row and its samples of positive time, by process."""

    row: Row
    samples: ByProcess

    @property
    def values_s(self) -> list[float]:
        """All samples in seconds, process after process."""
        return [sample.time_s for taken in self.samples.values() for sample in taken]


@dataclass(frozen=True, slots=True)
class RunContent:
    """A run as exporters read it: its folder, run.json, rows, samples with their case, and joules."""

    path: Path
    meta: dict[str, Any]
    rows: tuple[Row, ...]
    samples: tuple[Sample, ...]
    energy: tuple[Energy, ...]

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.path.resolve().name

    @property
    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.meta.get("environment") or {}
        return found

    def timed(self) -> Iterator[TimedRow]:
        """The ok rows that have samples of positive time; a clock too coarse gives samples of 0, which have no log."""
        found: dict[tuple[str, str], ByProcess] = {}
        for sample in self.samples:
            if sample.time_s > 0:
                key = sample.case_key, sample.implementation
                found.setdefault(key, {}).setdefault(sample.process, []).append(sample)
        for row in self.rows:
            taken = found.get((row.case_key, row.implementation))
            if row.status is Status.OK and row.time_s is not None and taken:
                yield TimedRow(row, dict(sorted(taken.items())))


def read(folder: Path) -> RunContent:
    """A run, finished or not.

    Raises UsageError for a folder that is not a run or has no rows, InfrastructureError for damage.
    """
    meta = runs.read_meta(folder)
    known = stored.read(folder)
    rows = tuple(known.rows())
    if not rows:
        raise UsageError(f"{folder} has no finished case; continue it with convcost sweep --resume {folder}")
    samples = tuple(
        replace(sample, case_key=key, implementation=implementation)
        for key, implementation, columns in known
        for sample in from_columns(columns)
    )
    return RunContent(folder, meta, rows, samples, tuple(runs.energy_of(folder, meta, rows, known.joules())))


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the file or folder, the number of rows in it, and the rows left out by reason."""

    path: Path
    rows: int
    left_out: tuple[tuple[str, int], ...] = ()


def require_timed(content: RunContent, format_name: str) -> list[TimedRow]:
    """The timed rows. Raises UsageError if there are none: formats of times would be empty."""
    if timed := list(content.timed()):
        return timed
    raise UsageError(f"{content.path} has no row with a time, and {format_name} holds only times; use --to csv or json")


def left_out(content: RunContent, reasons: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Rows left out by reason: those given, and the rows that have no time."""
    without = len(content.rows) - sum(1 for _ in content.timed())
    counted = {"have no time": without, **{reason: reasons.count(reason) for reason in reasons}}
    return tuple((reason, number) for reason, number in counted.items() if number)


def require_new(path: Path) -> None:
    """Make the folder that a file goes to. Raises UsageError if the file or a full folder is there already."""
    # A link to nothing exists too: its target would be made.
    is_free = not (path.exists() or path.is_symlink()) or (path.is_dir() and not any(path.iterdir()))
    if not is_free:
        raise UsageError(f"{path} exists already; give another place with --output, or remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"{path.parent} cannot be written: {error}") from error


def write_json(path: Path, data: Any) -> None:
    """Write JSON as UTF-8. Raises OSError, and ValueError for a number that JSON lacks.

    Halves of characters, of names that are no UTF-8, become their codes: JSON reads these as the same text.
    """
    text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", errors=UNKNOWN)
