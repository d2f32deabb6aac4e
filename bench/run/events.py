"""The events of a running sweep, for its progress bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.store.stored import StoredRows, faults_of

if TYPE_CHECKING:
    from bench.store.samples import Samples
    from bench.store.schema import Row
    from bench.sweep.cases import PlannedCase


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The folder of the run exists: from now on it can be resumed."""

    folder: Path


@dataclass(frozen=True, slots=True)
class VisitEnded:
    """The end of a visit: its case, the rows after it, and its round, counted from 1; None after the rounds.

    `added` are the raw samples of the visit by implementation, `spent_s` is its duration, and `visit` its number among
    all visits to the case, from 1. They are None for a visit of an earlier session, and if nothing was left to measure.
    """

    planned: PlannedCase
    rows: Sequence[Row]
    round: int | None
    added: Samples | None = None
    spent_s: float | None = None
    visit: int | None = None

    @property
    def faults(self) -> Sequence[Row]:
        """The rows that are faults."""
        return self.rows.faults() if isinstance(self.rows, StoredRows) else faults_of(self.rows)


@dataclass(frozen=True, slots=True)
class EnergyStarted:
    """The start of the energy measurement of a case, the `number`-th of `total`."""

    planned: PlannedCase
    number: int
    total: int


Event = RunStarted | VisitEnded | EnergyStarted
Progress = Callable[[Event], None]
