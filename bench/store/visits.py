"""Cases read from the journal: a case has one record a visit, each with the samples of that visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.errors import InfrastructureError
from bench.store import earlier_schemas, journal
from bench.store.samples import Samples, from_columns
from bench.store.schema import Row
from bench.store.status import Status


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
        together = {name: [*self.samples.get(name, ()), *samples.get(name, ())] for name in after.fine}
        return replace(after, samples={name: taken for name, taken in together.items() if taken})


def read(folder: Path) -> dict[str, Visited]:
    """Every case of a run's journal by its key, in the order of their first visits.

    Raises InfrastructureError for a record that has unknown columns or values.
    """
    found: dict[str, Visited] = {}
    for number, record in enumerate(journal.read(folder), 1):
        if "rows" not in record:
            # A record of energy: bench.store.energies reads it.
            continue
        try:
            rows = [Row.from_dict(earlier_schemas.row(row)) for row in record["rows"]]
            samples = {name: from_columns(columns) for name, columns in record["samples"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InfrastructureError(f"{journal.file_of(folder)}, record {number} is damaged: {error}") from error
        known = found.get(record["key"], Visited())
        found[record["key"]] = known.then(rows, samples, record.get("spent_s", 0.0))
    return found


def continued(known: Samples, added: Samples) -> Samples:
    """The samples of a new visit, with their draws numbered after the known draws of the same process."""
    last: dict[int, int] = {}
    for sample in (s for taken in known.values() for s in taken):
        last[sample.process] = max(last.get(sample.process, -1), sample.draw)
    return {
        name: [replace(s, draw=last.get(s.process, -1) + 1 + s.draw) for s in taken] for name, taken in added.items()
    }
