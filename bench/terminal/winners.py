"""Shows the answer of a run: the implementation to use for each case, and three sentences."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.format import count
from bench.report.sections import answer
from bench.report.sections.answer import Line
from bench.report.sections.study import Study
from bench.store import runs
from bench.terminal import console

# The width of the usual terminal.
_WIDTH = 80
# Two characters and a line around each cell.
_BORDERS = 3 * 5 + 1
_SHORTEST_CASE = 12
_LONGEST_TIED = 16
# More cases of one group than this are left to the report.
_MOST_LINES = 40


def show(study: Study) -> None:
    """Print a table for each group of conditions, then the sentences."""
    busy = answer.is_busy(study)
    columns = ["case", "took the least", "time"] if busy else ["case", "use", "time", "torch takes", "tied with"]
    for group in study.groups:
        lines = answer.lines(study, group)
        if lines:
            console.print_table(
                group.label, columns, _cells(lines[:_MOST_LINES], columns), left=(0, 1) if busy else (0, 1, 4)
            )
            if (left := len(lines) - _MOST_LINES) > 0:
                console.print_line(f"{count(left, 'more case')} of {group.label}: see the report")
    for sentence in answer.sentences(study):
        console.print_line(sentence)


def show_in_terminal(folder: Path) -> None:
    """Print the answer of a run where a person reads it; programs read the line after it."""
    if sys.stdout.isatty():
        show(Study.of(runs.load(folder)))


def _cells(lines: tuple[Line, ...], columns: list[str]) -> list[list[str]]:
    """The cells of the table. Long names of cases and long lists of ties are cut, so that it fits a terminal."""
    rows = [[line.case, line.use, line.time, line.torch, few(line.tied)][: len(columns)] for line in lines]
    others = sum(max(len(cell) for cell in (name, *(row[at] for row in rows))) for at, name in enumerate(columns) if at)
    most = max(_SHORTEST_CASE, _WIDTH - _BORDERS - others)
    return [[_cut(row[0], most), *row[1:]] for row in rows]


def few(names: tuple[str, ...]) -> str:
    """As many names as fit, and the number of the others."""
    for shown in range(len(names), 0, -1):
        left = len(names) - shown
        text = ", ".join(names[:shown]) + (f" +{left}" if left else "")
        if len(text) <= _LONGEST_TIED or shown == 1:
            return text
    return ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
