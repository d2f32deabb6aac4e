"""What happens while a sweep runs, told one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.store.samples import Samples
    from bench.store.schema import Row
    from bench.sweep.cases import PlannedCase


@dataclass(frozen=True, slots=True)
class Step:
    """A visit that has ended: its case, the rows since, and its round from 1 on; None after the rounds.

    `added` are the raw samples by implementation and `spent_s` the time that it took; None if it was made before this
    run of the program, or if there was nothing left to measure.
    """

    planned: PlannedCase
    rows: list[Row]
    round: int | None
    added: Samples | None = None
    spent_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """A case whose energy is about to be measured, the `number`-th of `total`."""

    planned: PlannedCase
    number: int
    total: int


Progress = Callable[[Step | Sampled], None]
