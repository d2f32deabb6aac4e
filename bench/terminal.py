"""What a user sees in the terminal: tables and a progress bar. Presentation alone; numbers come ready-made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from bench.steps import Sampled, Step

if TYPE_CHECKING:
    from bench.store.schema import Row
    from bench.sweep.cases import PlannedCase

MISSING = "–"


def console() -> Console:
    """Standard output. Piped, it is wide enough for a table's lines to stay whole."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int] = (0,)
) -> None:
    """A table with a title; columns other than those in `left` are aligned right."""
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index in left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console().print(table)


def print_line(text: str) -> None:
    console().print(text, markup=False, highlight=False, soft_wrap=True)


@dataclass
class SweepProgress:
    """A progress bar with the time left, as a context manager; call it with each visit that has ended."""

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
            console=Console(stderr=True),
        )
        self._bar.start()
        self._task = self._bar.add_task("measuring", total=self.cases * self.rounds)
        self._rows: dict[PlannedCase, list[Row]] = {}
        self._revisited: set[PlannedCase] = set()
        return self

    def __call__(self, step: Step | Sampled) -> None:
        if isinstance(step, Sampled):
            self._bar.update(self._task, description=f"energy: case {step.number} of {step.total}")
            return
        before = self._rows.get(step.planned)
        for row in step.rows:
            if row.status not in ("ok", "unsupported") and row not in (before or ()):
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
        """Rows by status, as the last visits left them."""
        return Counter(row.status for rows in self._rows.values() for row in rows)

    @property
    def noisy(self) -> int:
        return sum("noisy" in row.flags for rows in self._rows.values() for row in rows)

    @property
    def after_the_rounds(self) -> str | None:
        """What a budget was spent on after all rounds; None if there was no more."""
        count = len(self._revisited)
        return f"after the rounds: {count} of {self.cases} cases visited again" if count else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def number(value: Any) -> str:
    """A whole number with thousands separated, or a dash."""
    return MISSING if value is None else f"{value:,}"
