"""Shows the answer of a run: the implementation to use for each case, costs by content, and the sentences."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.cost.rates import Rates
from bench.energy.model import SocketPower
from bench.format import count
from bench.report.render import load
from bench.report.sections import answer, bracket_answer
from bench.report.sections.study import Study
from bench.rows.undecided import TOOK_LEAST
from bench.terminal import console, contents

_LONGEST_TIED = 16
# More cases of one group than this are left to the report.
_MOST_LINES = 40


def show(study: Study) -> None:
    """Print a table for each group of conditions, one for costs by content, then the sentences.

    The names of cases are whole, for a reader to copy: where the table has no room, each has a line of its own.
    """
    for group in study.groups:
        is_busy = study.is_busy(group)
        columns = ["case", TOOK_LEAST, "time"] if is_busy else ["case", "use", "time", "torch takes", "tied with"]
        lines = answer.lines(study, group)
        if lines:
            rows = [[line.case, line.use, line.time, line.torch, few(line.tied)] for line in lines[:_MOST_LINES]]
            left = (0, 1) if is_busy else (0, 1, 4)
            cells = [row[: len(columns)] for row in rows]
            console.print_table(group.label, columns, cells, left=left, under_names=True)
            if (more := len(lines) - _MOST_LINES) > 0:
                console.print_line(f"{count(more, 'more case')} of {group.label}: see the report")
    contents.show(study)
    for sentence in (*answer.sentences(study), *bracket_answer.short(study)):
        console.print_line(sentence)


def show_in_terminal(
    folder: Path, rates: Rates | None = None, power: SocketPower | None = None, energy_model: Path | None = None
) -> None:
    """Print the answer of a run as its page has it, where a person reads it; programs read the line after it."""
    if sys.stdout.isatty():
        show(Study.of(load(folder, rates, power, energy_model)))


def few(names: tuple[str, ...]) -> str:
    """As many names as fit, and the number of the others."""
    for shown in range(len(names), 0, -1):
        left = len(names) - shown
        text = ", ".join(names[:shown]) + (f" +{left}" if left else "")
        if len(text) <= _LONGEST_TIED or shown == 1:
            return text
    return ""
