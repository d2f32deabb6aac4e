"""Draws the progress bar of a sweep on standard error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.format import count
from bench.run.events import EnergyStarted, VisitEnded
from bench.store.status import Flag, Status

if TYPE_CHECKING:
    from bench.store.schema import Row
    from bench.sweep.cases import PlannedCase


class _Console(Console):
    """Standard error. A sweep goes on where the program that reads it has closed it."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        self.quiet = True


@dataclass
class SweepProgress:
    """A progress bar with the time left, as a context manager; call it with each finished visit."""

    cases: int
    rounds: int

    def __enter__(self) -> SweepProgress:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("visits, elapsed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=_Console(),
        )
        self._bar.start()
        self._task = self._bar.add_task("measuring", total=self.cases * self.rounds)
        self._rows: dict[PlannedCase, list[Row]] = {}
        self._revisited: set[PlannedCase] = set()
        return self

    def __call__(self, step: VisitEnded | EnergyStarted) -> None:
        if isinstance(step, EnergyStarted):
            self._bar.update(self._task, description=f"energy: case {step.number} of {step.total}")
            return
        before = self._rows.get(step.planned)
        for row in step.rows:
            if row.status.is_fault and row not in (before or ()):
                text = f"{row.status}: {row.implementation} on {row.descriptor}: {row.reason}"
                self._bar.console.print(text, markup=False, highlight=False)
        self._rows[step.planned] = step.rows
        if step.round is None:
            self._revisited.add(step.planned)
            self._bar.update(self._task, description=self.after_the_rounds)
        else:
            self._bar.update(self._task, advance=1, description=f"round {step.round} of {self.rounds}")

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status after the last visit of each case."""
        return Counter(row.status for rows in self._rows.values() for row in rows)

    @property
    def is_fine(self) -> bool:
        """Whether no row is wrong, failed, crashed or timed out."""
        return not any(Status(status).is_fault for status in self.counts)

    @property
    def noisy(self) -> int:
        """Rows with the flag `noisy` after the last visit of each case."""
        return sum(Flag.NOISY in row.flags for rows in self._rows.values() for row in rows)

    @property
    def after_the_rounds(self) -> str | None:
        """The number of cases that the rest of a budget measured again; None if there was none."""
        again = len(self._revisited)
        return f"after the rounds: {again} of {count(self.cases, 'case')} visited again" if again else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
