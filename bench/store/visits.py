"""Cases read from the journal: a case has one record a visit, each with the samples of that visit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.bounds import is_finite
from bench.errors import InfrastructureError
from bench.store import earlier_schemas, journal
from bench.store.entering import text
from bench.store.samples import Samples, checked, from_columns
from bench.store.schema import Row
from bench.store.status import Status

# What a record raises that no program of ours has written.
ONE_OF_DAMAGE = (AttributeError, KeyError, TypeError, ValueError)
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
        return replace(after, samples=together(after.fine, self.samples, samples))


def read(folder: Path) -> dict[str, Visited]:
    """Every case of a run's journal by its key, in the order of their first visits.

    Raises InfrastructureError for a record that has unknown columns or values.
    """
    return of(folder, journal.records(folder))


def of(folder: Path, records: Iterable[journal.Record]) -> dict[str, Visited]:
    """As `read`, of the records of that run's journal where they are read already."""
    found: dict[str, Visited] = {}
    for record, rows, samples in _visits(folder, records):
        found[record["key"]] = found.get(record["key"], Visited()).then(rows, samples, record.get("spent_s", 0.0))
    return found


def rows_of(record: journal.Record) -> tuple[Row, ...]:
    """The rows of a record of a visit. Raises ONE_OF_DAMAGE for other types, and values that columns cannot hold."""
    _require(record, ("key", str), ("rows", list))
    return tuple(Row.from_dict(earlier_schemas.row(row)) for row in record["rows"])


def columns_of(record: journal.Record) -> dict[str, Mapping[str, Sequence[Any]]]:
    """The samples of a record of a visit by implementation, as columns. Raises as `rows_of`."""
    _require(record, ("samples", dict))
    return {name: checked(columns) for name, columns in record["samples"].items()}


def damaged(folder: Path, number: int, error: Exception) -> InfrastructureError:
    """What to raise for a record that is proven and yet says what none can say."""
    # Errors quote what they met, which may be of any size.
    return InfrastructureError(f"{journal.file_of(folder)}, record {number} is damaged: {text(str(error))}")


def _visits(
    folder: Path, records: Iterable[journal.Record]
) -> Iterator[tuple[journal.Record, tuple[Row, ...], Samples]]:
    """The records of visits with their rows and their samples."""
    for number, record in enumerate(records, 1):
        if "rows" not in record:
            # A record of energy: bench.store.energies reads it.
            continue
        try:
            rows = rows_of(record)
            _require(record, ("samples", dict))
            samples = {name: from_columns(columns) for name, columns in record["samples"].items()}
        except ONE_OF_DAMAGE as error:
            raise damaged(folder, number, error) from error
        yield record, rows, samples


def _require(record: journal.Record, *entries: tuple[str, type]) -> None:
    """Raise TypeError for a record of a visit whose own entries have other types."""
    for name, kind in entries:
        if not isinstance(record[name], kind):
            raise TypeError(f"{name} is {type(record[name]).__name__}; allowed: {kind.__name__}")
    spent_s = record.get("spent_s", 0.0)
    if not is_finite(spent_s) or spent_s < 0:
        raise TypeError("spent_s is no duration in seconds")


def together(
    fine: Iterable[str], known: Mapping[str, Sequence[_Taken]], added: Mapping[str, Sequence[_Taken]]
) -> dict[str, list[_Taken]]:
    """The samples of earlier visits and of one more, of the implementations that are still fine."""
    found = {name: [*known.get(name, ()), *added.get(name, ())] for name in fine}
    return {name: taken for name, taken in found.items() if taken}


def continued(known: Samples, added: Samples) -> Samples:
    """The samples of a new visit, with their draws numbered after the known draws of the same process."""
    last: dict[int, int] = {}
    for sample in (s for taken in known.values() for s in taken):
        last[sample.process] = max(last.get(sample.process, -1), sample.draw)
    return {
        name: [replace(s, draw=last.get(s.process, -1) + 1 + s.draw) for s in taken] for name, taken in added.items()
    }
