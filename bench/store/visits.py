"""Cases read from the journal: a case has one record a visit, each with the samples of that visit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.bounds import is_finite
from bench.errors import InfrastructureError
from bench.store import earlier_schemas, journal
from bench.store.samples import Samples, checked, from_columns
from bench.store.schema import Row
from bench.store.status import Status

# A sample, or the columns of the samples of one visit.
_Taken = TypeVar("_Taken")


@dataclass(frozen=True, slots=True)
class Visited:
    """A case so far: its rows after the last visit, the samples of its ok rows from all visits, and the time spent.

    `count` is the number of visits.
    """

    rows: tuple[Row, ...] = ()
    samples: Samples = field(default_factory=dict)
    spent_s: float = 0.0
    count: int = 0

    @property
    def fine(self) -> tuple[str, ...]:
        """The implementations that are ok so far."""
        return tuple(row.implementation for row in self.rows if row.status is Status.OK)

    def then(self, rows: Sequence[Row], samples: Samples, spent_s: float) -> Visited:
        """The case after one more visit, with its rows, the samples that it added and its duration."""
        after = Visited(tuple(rows), {}, self.spent_s + spent_s, self.count + 1)
        return replace(after, samples=_together(after.fine, self.samples, samples))


def read(folder: Path) -> dict[str, Visited]:
    """Every case of a run's journal by its key, in the order of their first visits.

    Raises InfrastructureError for a record that has unknown columns or values.
    """
    return of(folder, journal.read(folder))


def of(folder: Path, records: Sequence[journal.Record]) -> dict[str, Visited]:
    """As `read`, of the records of that run's journal where they are read already."""
    found: dict[str, Visited] = {}
    for record, rows, samples in _visits(folder, records, from_columns):
        found[record["key"]] = found.get(record["key"], Visited()).then(rows, samples, record.get("spent_s", 0.0))
    return found


@dataclass(frozen=True, slots=True)
class VisitedTable:
    """As `Visited`, with samples as columns, a mapping for each visit: a tenth of the time and memory of `Visited`."""

    rows: tuple[Row, ...] = ()
    columns: Mapping[str, Sequence[Mapping[str, Sequence[Any]]]] = field(default_factory=dict)


def tables_of(folder: Path, records: Sequence[journal.Record]) -> dict[str, VisitedTable]:
    """Every case by its key, for the tables of a finished or unfinished run. Raises as `read`."""
    found: dict[str, VisitedTable] = {}
    for record, rows, columns in _visits(folder, records, lambda columns: [checked(columns)]):
        fine = [row.implementation for row in rows if row.status is Status.OK]
        known = found.get(record["key"], VisitedTable())
        found[record["key"]] = VisitedTable(tuple(rows), _together(fine, known.columns, columns))
    return found


def _visits(
    folder: Path, records: Sequence[journal.Record], take: Callable[[dict[str, Any]], list[_Taken]]
) -> Iterator[tuple[journal.Record, list[Row], dict[str, list[_Taken]]]]:
    """The records of visits with their rows, and their samples as `take` reads them from columns."""
    for number, record in enumerate(records, 1):
        if "rows" not in record:
            # A record of energy: bench.store.energies reads it.
            continue
        try:
            _require_visit(record)
            rows = [Row.from_dict(earlier_schemas.row(row)) for row in record["rows"]]
            samples = {name: take(columns) for name, columns in record["samples"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InfrastructureError(f"{journal.file_of(folder)}, record {number} is damaged: {error}") from error
        yield record, rows, samples


def _require_visit(record: journal.Record) -> None:
    """Raise TypeError for a record of a visit whose own entries have other types."""
    for name, kind in (("key", str), ("rows", list), ("samples", dict)):
        if not isinstance(record[name], kind):
            raise TypeError(f"{name} is {type(record[name]).__name__}; allowed: {kind.__name__}")
    spent_s = record.get("spent_s", 0.0)
    if not is_finite(spent_s) or spent_s < 0:
        raise TypeError("spent_s is no duration in seconds")


def _together(
    fine: Iterable[str], known: Mapping[str, Sequence[_Taken]], added: Mapping[str, Sequence[_Taken]]
) -> dict[str, list[_Taken]]:
    """The samples of earlier visits and of one more, of the implementations that are still fine."""
    together = {name: [*known.get(name, ()), *added.get(name, ())] for name in fine}
    return {name: taken for name, taken in together.items() if taken}


def continued(known: Samples, added: Samples) -> Samples:
    """The samples of a new visit, with their draws numbered after the known draws of the same process."""
    last: dict[int, int] = {}
    for sample in (s for taken in known.values() for s in taken):
        last[sample.process] = max(last.get(sample.process, -1), sample.draw)
    return {
        name: [replace(s, draw=last.get(s.process, -1) + 1 + s.draw) for s in taken] for name, taken in added.items()
    }
