"""What a user sees in the terminal: tables and a progress bar. Presentation alone; numbers come ready-made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    pass

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


def print_error(text: str) -> None:
    """A line on standard error, for the person who waits, beside the result."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(data: Any) -> None:
    """The result for programs. Raises ValueError for a number that JSON does not have."""
    print(json.dumps(data, indent=2, allow_nan=False))


def number(value: Any) -> str:
    """A whole number with thousands separated, or a dash."""
    return MISSING if value is None else f"{value:,}"
