"""Prints a comparison: sentences and a table, Markdown for a pull request, or annotations of GitHub."""

from __future__ import annotations

from collections.abc import Sequence

from bench import format as text
from bench.compare.comparison import GateOutcome, SideComparison
from bench.compare.quantity_changes import QuantityChanges, RowChange
from bench.compare.sentences import interval, percent, row_name, sentences
from bench.compare.verdicts import ChangeVerdict
from bench.report.changes.rows import ALIGN, CALLED, cells, columns, shown, title
from bench.report.document import markdown
from bench.report.document.blocks import table
from bench.terminal import console

# Rows of the table without --all: those that are called, then the largest of the others.
_ROWS = 12
_TITLES = {
    GateOutcome.WORSE: "Worse",
    GateOutcome.FINE: "No regression",
    GateOutcome.UNDECIDED: "No regression found, undecided",
}


def show(found: SideComparison, *, every: bool = False) -> None:
    """Print the sentences, then a table for each tested quantity, the largest change first."""
    for line in sentences(found):
        console.print_line(line)
    for changes in found.gated:
        rows, left_out = shown(changes, None if every else _ROWS)
        if rows:
            console.print_table(title(changes), columns(), cells(changes, rows), left=(0, 1, 6), spare=(7, 2, 3),
                                under_names=True)  # fmt: skip
        if left_out:
            console.print_line(f"{text.count(left_out, 'smaller change')} not shown; --all shows every row.")


def show_markdown(found: SideComparison, *, every: bool = False) -> None:
    """Print Markdown fit for a pull request: a heading, the sentences, a table, all else folded."""
    lines = [f"### convcost compare: {_TITLES[found.outcome]}", ""]
    lines += [f"- {markdown.escape(sentence)}" for sentence in sentences(found)]
    for changes in found.gated:
        rows, left_out = shown(changes, None if every else _ROWS)
        called = [row for row in rows if row.verdict in CALLED]
        others = [row for row in rows if row.verdict not in CALLED]
        if called:
            lines += ["", _markdown_table(changes, called)]
        if others:
            more = f", {left_out} smaller ones not shown" if left_out else ""
            summary = f"{changes.quantity.words}: {text.count(len(others), 'other row')}{more}"
            lines += [
                "",
                f"<details><summary>{summary}</summary>",
                "",
                _markdown_table(changes, others),
                "",
                "</details>",
            ]
    console.print_line("\n".join(lines))


def show_annotations(found: SideComparison) -> None:
    """Print workflow commands that GitHub shows beside a pull request: an error for each regression."""
    for fate in found.matched.broken:
        _annotate(
            "error", "wrong result", f"{row_name(fate)} was right and is {fate.new}: {fate.reason or 'no reason'}"
        )
    for changes in found.gated:
        if changes.shared_verdict is ChangeVerdict.SLOWER:
            _annotate("error", f"{changes.quantity.worse}", sentences(found)[0])
        for one in changes.implementations:
            if one.verdict is ChangeVerdict.SLOWER:
                what = f"{one.implementation} in all its cases: {percent(one.ratio)} ({interval(one.low, one.high)})"
                _annotate("error", changes.quantity.worse, what)
        for row in changes.of(ChangeVerdict.SLOWER):
            what = f"{row_name(row)}: {percent(row.ratio)} ({interval(row.low, row.high)})"
            _annotate("error", changes.quantity.worse, what)
    if found.outcome is GateOutcome.UNDECIDED:
        _annotate("notice", "undecided", sentences(found)[0])


def _annotate(level: str, title: str, message: str) -> None:
    console.print_workflow_command(level, f"convcost: {title}", message)


def _markdown_table(changes: QuantityChanges, rows: Sequence[RowChange]) -> str:
    return markdown.table(table(columns(), ALIGN, cells(changes, rows)))
