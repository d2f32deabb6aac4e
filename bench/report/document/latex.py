"""Writes tables in LaTeX that needs no package and that no measured text can break: all text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.report.document.blocks import Table

# More rows have no room on a page: they become a table of their own.
MOST_ROWS = 40
# Columns of words are wrapped if a cell is longer than so many characters; so wide is such a column.
_LONG, _WIDE = 40, r"p{0.28\linewidth}"
_MARKS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", '"': "''",
    "–": "--", "—": "---", "−": "$-$", "×": r"$\times$", "·": r"$\cdot$", "±": r"$\pm$", "≤": r"$\le$", "≥": r"$\ge$",
    "µ": r"$\mu$", "∞": r"$\infty$", "→": r"$\to$", "†": r"\dag{}", "…": r"\ldots{}", "₂": "$_2$", "²": "$^2$",
    "“": "``", "”": "''", "’": "'", "[": "{[}", "]": "{]}", "*": "{*}",
}  # fmt: skip
_SPECIAL = re.compile("|".join(["--+", *map(re.escape, _MARKS)]))


def escape(text: str) -> str:
    """LaTeX that shows the text as it is, on one line; letters outside ASCII stay, as LaTeX reads UTF-8."""
    return _SPECIAL.sub(_mark, " ".join(text.split()))


def tables(value: Table, title: str, caption: str) -> str:
    """A table, or several for many rows, each with the caption; `title` is for the list of tables."""
    starts = range(0, max(len(value.rows), 1), MOST_ROWS)
    return "\n\n".join("\n".join(_lines(value, start, title, caption)) for start in starts)


def _lines(value: Table, start: int, title: str, caption: str) -> Iterator[str]:
    more = " (continued)" if start else ""
    yield r"\begin{table}"
    yield r"\centering\small\setlength{\tabcolsep}{4pt}"
    yield rf"\caption[{{{escape(title)}}}]{{{escape(f'{title}{more}. {caption}')}}}"
    yield rf"\begin{{tabular}}{{{_columns(value)}}}"
    yield r"\hline"
    yield _row(value.head)
    yield r"\hline"
    for row in value.rows[start : start + MOST_ROWS]:
        yield _row(tuple(cell.text for cell in row))
    yield r"\hline"
    yield r"\end{tabular}"
    yield r"\end{table}"


def _columns(value: Table) -> str:
    longest = [max((len(row[i].text) for row in value.rows), default=0) for i in range(len(value.head))]
    return "".join(_WIDE if at == "l" and size > _LONG else at for at, size in zip(value.align, longest, strict=True))


def _row(cells: tuple[str, ...]) -> str:
    return rf"{' & '.join(map(escape, cells))} \\"


def _mark(found: re.Match[str]) -> str:
    mark = found[0]
    # Hyphens in a row, as of an option, would become a dash.
    return _MARKS[mark] if mark in _MARKS else "{}".join(mark)
