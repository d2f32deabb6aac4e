"""Writes Markdown that no measured text can break: all text is escaped unless it is Raw."""

from __future__ import annotations

import re

from bench.bounds import harmless
from bench.report.document.blocks import Cell, Table

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
# At the start of a line these begin a heading, a list or a rule, which under a line makes that a heading.
_FIRST = re.compile(r"^([#=]|[-+](?=\s|$)|-(?=[-\s]*$))")
_TICKS = re.compile("`+")


class Raw(str):
    """Text that is already Markdown."""

    __slots__ = ()


def escape(value: object) -> str:
    """Markdown that shows the text as it is, on one line; Raw stays unchanged."""
    if isinstance(value, Raw):
        return value
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Raw(_FIRST.sub(r"\\\1", _SPECIAL.sub(r"\\\1", harmless(" ".join(text.split())))))


def table(value: Table) -> Raw:
    """A table in pipe syntax; the small text of a cell follows in parentheses."""
    rule = "|".join("---:" if letter == "r" else "---" for letter in value.align)
    lines = [_line([Cell(name) for name in value.head]), f"|{rule}|", *(_line(row) for row in value.rows)]
    return Raw("\n".join(lines))


def code(text: str) -> Raw:
    """Text as a fenced code block; nothing in the text can end it.

    After a list an indented block would be text of the list.
    """
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
    return Raw("\n".join([fence, *map(harmless, text.splitlines()), fence]))


def _line(cells: list[Cell] | tuple[Cell, ...]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.look == "best" and text:
        text = f"**{text}**"
    return f"{text} ({escape(cell.small)})" if cell.small else text
