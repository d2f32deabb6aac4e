"""Markdown that what was measured cannot break: all text is escaped unless it is Raw."""

from __future__ import annotations

import re

from bench.report.document.blocks import Cell, Table

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


class Raw(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escape(value: object) -> str:
    """Text as Markdown that shows it as it is, on one line; Raw passes."""
    if isinstance(value, Raw):
        return value
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Raw(_SPECIAL.sub(r"\\\1", " ".join(text.split())))


def table(value: Table) -> Raw:
    """A table in the pipe syntax; what the page sets small follows in parentheses."""
    rule = "|".join("---:" if letter == "r" else "---" for letter in value.align)
    lines = [_line([Cell(name) for name in value.head]), f"|{rule}|", *(_line(row) for row in value.rows)]
    return Raw("\n".join(lines))


def code(text: str) -> Raw:
    """Text as an indented code block, which nothing in the text can end."""
    return Raw("\n".join("    " + line for line in text.splitlines()))


def _line(cells: list[Cell] | tuple[Cell, ...]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.look == "best" and text:
        text = f"**{text}**"
    return f"{text} ({escape(cell.small)})" if cell.small else text
