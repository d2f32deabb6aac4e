"""Shows the progress of a sweep on standard error: a bar in a terminal, lines in a file or pipe."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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

from bench.errors import Interrupted
from bench.format import count, problem, seconds
from bench.rows.delegation import label
from bench.rows.leader import leader, ties
from bench.rows.ranking import Verdict, rank
from bench.rows.standing import mostly_noisy
from bench.run.events import EnergyStarted, Event, RunStarted, VisitEnded
from bench.run.resume import advice_after_ctrl_c
from bench.store.pages import DEFAULT_REPORTS
from bench.store.status import Status
from bench.terminal.encoding import shown
from bench.terminal.winners import few

if TYPE_CHECKING:
    from bench.store.schema import Row
    from bench.sweep.cases import PlannedCase


# With this, the longest description and a day of minutes fit 80 columns.
_BAR_WIDTH = 20


class _Console(Console):
    """Standard error. A sweep goes on where the program that reads it has closed it."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        self.quiet = True


@dataclass
class SweepProgress:
    """The progress of a sweep, as a context manager; call it with each event.

    A terminal shows a bar with the time left, a file or pipe gets a line for each visit. Ctrl-C is told how to resume
    the run in `folder`, None before there is one, whose report is written to `reports`.
    """

    cases: int
    rounds: int
    reports: Path = DEFAULT_REPORTS
    folder: Path | None = None

    def __enter__(self) -> SweepProgress:
        console = _Console()
        self._is_bar = console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR_WIDTH),
            MofNCompleteColumn(),
            TextColumn("visits,"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not self._is_bar,
        )
        self._bar.start()
        self._task = self._bar.add_task("measuring", total=self.cases * self.rounds)
        self._visits = 0
        self._rows: dict[PlannedCase, Sequence[Row]] = {}
        self._revisited: set[PlannedCase] = set()
        return self

    def __call__(self, step: Event) -> None:
        match step:
            case RunStarted(folder=folder):
                self.folder = folder
            case EnergyStarted(number=number, total=total):
                self._show(f"energy: case {number} of {total}")
            case VisitEnded():
                self._visited(step)

    def _visited(self, step: VisitEnded) -> None:
        before = self._rows.get(step.planned)
        for row in step.faults:
            if row not in (before or ()):
                self._print(
                    f"{row.status}: {row.implementation} on {problem(row.descriptor, bias=row.bias)}: {row.reason}"
                )
        self._rows[step.planned] = step.rows
        if step.round is None:
            self._revisited.add(step.planned)
            self._show(self.after_the_rounds or "", step)
        else:
            self._visits += 1
            self._bar.update(self._task, advance=1)
            place = "" if self._is_bar else f", visit {self._visits} of {self.cases * self.rounds}"
            self._show(f"round {step.round} of {self.rounds}{place}", step)

    def _show(self, text: str, visit: VisitEnded | None = None) -> None:
        """Describe the present step: beside the bar, or as a line with the fastest so far."""
        if self._is_bar:
            self._bar.update(self._task, description=text)
        elif visit is None:
            self._print(text)
        elif visit.spent_s is not None:
            # Visits of an earlier session have no line.
            self._print(f"{text}: {self._result(visit.rows)}")

    def _result(self, rows: Sequence[Row]) -> str:
        """A case and its leader so far, by the rule of the winners table at the end."""
        case, ranking = rows[0], rank(rows)
        threads = "" if case.threads is None else f", {count(case.threads, 'thread')}"
        more = "".join(f", {part}" for part in (case.data_label, case.tuning.label) if part)
        place = f"{problem(case.descriptor, bias=case.bias)}, {case.precision}, {case.layout}{threads}{more}"
        if not ranking.order:
            return f"{place}: nothing timed"
        is_busy = mostly_noisy(row for known in self._rows.values() for row in known if _group(row) == _group(case))
        first, tied = leader(ranking, is_busy=is_busy), few(ties(ranking, is_busy=is_busy))
        if is_busy:
            return f"{place}: {label(first)} took the least, {seconds(first.time_s)}; the machine is busy"
        beside = f", {tied}" if ranking.verdict is Verdict.UNDECIDED else f", tied with {tied}" if tied else ""
        return f"{place}: {label(first)} {seconds(first.time_s)}{beside}"

    def _print(self, text: str) -> None:
        self._bar.console.print(shown(text, sys.stderr), markup=False, highlight=False, soft_wrap=True)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status after the last visit of each case."""
        return Counter(row.status for rows in self._rows.values() for row in rows)

    @property
    def is_fine(self) -> bool:
        """Whether no row is wrong, failed, crashed or timed out."""
        return not any(Status(status).is_fault for status in self.counts)

    @property
    def after_the_rounds(self) -> str | None:
        """The number of cases that the rest of a budget measured again; None if there was none."""
        again = len(self._revisited)
        return f"after the rounds: {again} of {count(self.cases, 'case')} visited again" if again else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if isinstance(error, Interrupted):
            error.advice = advice_after_ctrl_c(self.folder, self.reports)


def _group(row: Row) -> tuple[str, str, str, str, str, int | None]:
    """The conditions that share a table at the end: noise is judged for all their cases together."""
    return row.device, row.precision, row.layout, row.data_label, row.tuning.key, row.threads
