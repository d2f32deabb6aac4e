"""What the records of a case come to: a case that was visited again has several, each with the samples it added."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.store import journal
from bench.store.schema import Row

Samples = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Visited:
    """A case so far: rows as the last visit left them, samples of all visits of the rows that are ok, time spent.

    `count` is how many visits there were.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    samples: Samples = field(default_factory=dict)
    spent_s: float = 0.0
    count: int = 0

    @property
    def processes(self) -> int:
        """How many processes have visited it; in journals of schema 1.2 one visit was of all."""
        return max((row["processes"] or 0 for row in self.rows if row["status"] == "ok"), default=0)

    @property
    def typed_rows(self) -> list[Row]:
        return [Row(**row) for row in self.rows]

    @property
    def fine(self) -> tuple[str, ...]:
        """The implementations that are ok so far."""
        return tuple(row["implementation"] for row in self.rows if row["status"] == "ok")

    def then(self, rows: list[dict[str, Any]], samples: Samples, spent_s: float) -> Visited:
        """The case after one more visit, which made these rows, added these samples and took this long."""
        fine = [row["implementation"] for row in rows if row["status"] == "ok"]
        together = {name: [*self.samples.get(name, ()), *samples.get(name, ())] for name in fine}
        kept = {name: taken for name, taken in together.items() if taken}
        return Visited(rows, kept, self.spent_s + spent_s, self.count + 1)


def read(folder: Path) -> dict[str, Visited]:
    """Every case of a run's journal by its key, in the order of their first visits."""
    found: dict[str, Visited] = {}
    for record in journal.read(folder):
        if "rows" not in record:
            # Not of a visit: bench.store.energies reads it.
            continue
        samples = {name: _by_sample(columns) for name, columns in record["samples"].items()}
        known = found.get(record["key"], Visited())
        found[record["key"]] = known.then(record["rows"], samples, record.get("spent_s", 0.0))
    return found


def continued(known: Samples, added: Samples) -> Samples:
    """The samples of a new visit, their draws numbered after those of the same process that are known."""
    last: dict[int, int] = {}
    for sample in (s for taken in known.values() for s in taken):
        last[sample["process"]] = max(last.get(sample["process"], -1), sample.get("draw", 0))
    return {
        name: [{**s, "draw": last.get(s["process"], -1) + 1 + s.get("draw", 0)} for s in taken]
        for name, taken in added.items()
    }


def _by_sample(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    # Journals of schema 1.1 know no draws: each process had one.
    return [{"draw": 0, **dict(zip(columns, v, strict=True))} for v in zip(*columns.values(), strict=True)]
