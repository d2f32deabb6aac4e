"""The cases of a run as they lie in its journal: read and proven once, and parsed where they are asked for.

A journal of ten thousand rows has hundreds of megabytes, nearly all of it samples. Here are the places of its lines
alone; rows, samples and joules are read there again when somebody needs them, case by case.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from bench.errors import InfrastructureError
from bench.store import energies, journal, lines
from bench.store.ahead import ahead
from bench.store.energies import FiguresByRow
from bench.store.lines import JournalLine
from bench.store.run_json import META_NAME, RUN_ID, read_meta
from bench.store.schema import Row
from bench.store.status import Status
from bench.store.visits import ONE_OF_DAMAGE, Visited, columns_of, damaged, of, rows_of, together

SampleColumns = Mapping[str, Sequence[Any]]
# The key of a case, an implementation, and the columns of its samples of one visit.
SamplePiece = tuple[str, str, SampleColumns]
_TOGETHER_BYTES = 2**21
_NO_FAULT = frozenset(status.value for status in Status if not status.is_fault)


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line of a journal: the number of its record from 1, its first byte, and its bytes without the end."""

    number: int
    start: int
    length: int


@dataclass(frozen=True)
class StoredCase:
    """A case of a journal: the lines of its visits in order. What it tells raises InfrastructureError for damage."""

    key: str
    places: tuple[LinePlace, ...]
    source: LineSource
    statuses: frozenset[str] = frozenset()

    @property
    def all_rows(self) -> StoredRows:
        """The rows after the last visit, which are read when they are looked at."""
        return StoredRows(self)

    @property
    def count(self) -> int:
        """The number of visits."""
        return len(self.places)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows after the last visit."""
        place = self.places[-1]
        try:
            return rows_of(self.source.line(place).head())
        except ONE_OF_DAMAGE as error:
            raise damaged(self.source.folder, place.number, error) from error

    @property
    def fine(self) -> tuple[str, ...]:
        """The implementations that are ok so far."""
        return tuple(row.implementation for row in self.rows if row.status is Status.OK)

    @cached_property
    def spent_s(self) -> float:
        """The duration of all visits in seconds."""
        return float(sum(self.source.line(place).head().get("spent_s", 0.0) for place in self.places))

    def columns(self) -> dict[str, list[SampleColumns]]:
        """The samples of the implementations that are still ok, as columns, those of each visit."""
        found: dict[str, list[SampleColumns]] = {}
        for place in self.places:
            try:
                added = columns_of(self.source.line(place).record())
            except ONE_OF_DAMAGE as error:
                raise damaged(self.source.folder, place.number, error) from error
            found = together(self.fine, found, {name: [columns] for name, columns in added.items()})
        return found

    def whole(self) -> Visited:
        """The case with the samples of all visits."""
        records = (self.source.line(place).record() for place in self.places)
        return of(self.source.folder, records)[self.key]


class StoredRows(Sequence[Row]):
    """The rows of a case, read when they are looked at."""

    def __init__(self, case: StoredCase) -> None:
        self._case = case

    def __len__(self) -> int:
        return len(self._case.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._case.rows[index]

    def faults(self) -> Sequence[Row]:
        """The rows that are faults; rows without any are not read."""
        return faults_of(self._case.rows) if self._case.statuses - _NO_FAULT else ()


def faults_of(rows: Iterable[Row]) -> list[Row]:
    """The rows that are faults."""
    return [row for row in rows if row.status.is_fault]


@dataclass(frozen=True, slots=True)
class LineSource:
    """Where the lines of a journal are: in its file, or, of a compressed one, in memory."""

    folder: Path
    run_id: str = ""
    content: bytearray | None = None

    def line(self, place: LinePlace) -> JournalLine:
        """A line, proven again. Raises InfrastructureError if it is not what it was."""
        path = self.folder / journal.FILE_NAME
        try:
            if self.content is not None:
                found = bytes(self.content[place.start : place.start + place.length])
            else:
                with path.open("rb", buffering=0) as file:
                    file.seek(place.start)
                    found = file.read(place.length)
            return lines.read(found, self.run_id)
        except (OSError, ValueError) as error:
            raise InfrastructureError(f"{path} was changed while it was read: {error}") from error

    @classmethod
    def of(cls, folder: Path) -> LineSource:
        """The lines of a folder's journal; of a compressed one they can be read when `placed` has met them."""
        file = journal.file_of(folder)
        run_id = str(read_meta(folder).get(RUN_ID, "")) if (folder / META_NAME).is_file() else ""
        is_compressed = file is not None and file.name == journal.COMPRESSED_NAME
        return cls(folder, run_id, bytearray() if is_compressed else None)

    def placed(self) -> Iterator[tuple[LinePlace, JournalLine]]:
        """The lines in order, each proven. Raises InfrastructureError with the line that is damaged."""
        start = 0
        for number, (line, content) in enumerate(journal.proven_contents(self.folder), 1):
            if self.content is not None:
                self.content.extend(content + b"\n")
            yield LinePlace(number, start, len(content)), line
            start += len(content) + 1

    def placed_ahead(self) -> Iterator[tuple[LinePlace, JournalLine]]:
        """As `placed`; the next lines are read and proven while the last ones are used."""
        for lines_together in ahead(_together(self.placed())):
            yield from lines_together


def _together(placed: Iterator[tuple[LinePlace, JournalLine]]) -> Iterator[list[tuple[LinePlace, JournalLine]]]:
    """The lines in lists of about _TOGETHER_BYTES: handing each to another thread would take longer than proving it."""
    waiting: list[tuple[LinePlace, JournalLine]] = []
    size_bytes = 0
    for place, line in placed:
        waiting.append((place, line))
        size_bytes += place.length
        if size_bytes >= _TOGETHER_BYTES:
            yield waiting
            waiting, size_bytes = [], 0
    if waiting:
        yield waiting


@dataclass(frozen=True, slots=True)
class StoredRun:
    """The cases of a journal by key, in the order of first visits, the lines of joules by key, the highest process.

    `last_process` is -1 where nothing was sampled.
    """

    source: LineSource
    cases: Mapping[str, StoredCase] = field(default_factory=dict)
    energy: Mapping[str, Sequence[LinePlace]] = field(default_factory=dict)
    last_process: int = -1

    def joules(self) -> FiguresByRow:
        """The measured joules by case and implementation. Raises InfrastructureError for damage."""
        try:
            places = sorted((one for of_case in self.energy.values() for one in of_case), key=lambda one: one.number)
            return energies.of(self.source.line(place).record() for place in places)
        except ValueError as error:
            raise InfrastructureError(f"a record of energy in the journal is damaged: {error}") from error

    def rows(self) -> list[Row]:
        """The rows of all cases; each is parsed once."""
        with without_collection():
            return [row for case in self.cases.values() for row in case.rows]

    def __iter__(self) -> Iterator[SamplePiece]:
        """The samples of all cases, in the order of the table of samples; one case at a time is in memory."""
        for key, case in self.cases.items():
            for implementation, taken in case.columns().items():
                yield from ((key, implementation, columns) for columns in taken)


@contextmanager
def without_collection() -> Iterator[None]:
    """Look for no garbage in between: many rows make many objects, none of it garbage, and each look takes longer."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read(folder: Path) -> StoredRun:
    """Read and prove a run's journal. Raises InfrastructureError, with the line, for damage."""
    with without_collection():
        return _read(folder)


def _read(folder: Path) -> StoredRun:
    source = LineSource.of(folder)
    cases: dict[str, list[LinePlace]] = {}
    statuses: dict[str, frozenset[str]] = {}
    energy: dict[str, list[LinePlace]] = {}
    last = -1
    for place, line in source.placed_ahead():
        try:
            key, kind = line.beginning()
            if kind == "rows":
                cases.setdefault(key, []).append(place)
                statuses[key] = line.statuses()
                last = max(last, line.last_process)
            elif kind == "energy":
                energy.setdefault(key, []).append(place)
        except ONE_OF_DAMAGE as error:
            raise damaged(folder, place.number, error) from error
    found = {key: StoredCase(key, tuple(places), source, statuses[key]) for key, places in cases.items()}
    return StoredRun(source, found, energy, last)
