"""Prints lines, tables and JSON. Only a table loads rich, so that `--help` and errors stay fast."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

MISSING = "–"

# The width of the usual terminal.
WIDTH = 80
# Columns of a table in a file or pipe, which have no width of their own: most lines stay whole.
_WIDTH_OF_A_FILE = 160


class OutputClosed(Exception):
    """The program that reads standard output has closed it, as `head` does."""


def print_line(text: str) -> None:
    """Print a line on standard output. Raises OutputClosed."""
    with _output():
        # Written at once: a closed pipe is noticed here and not at the end of the process.
        print(text, flush=True)


def print_error(text: str) -> None:
    """Print a line on standard error: an error, or progress beside the result."""
    # Nobody reads a closed standard error; the result and the exit code do not depend on it.
    with suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    """Print the result for programs. Raises ValueError for a number that JSON lacks, and OutputClosed."""
    print_line(json.dumps(data, indent=2, allow_nan=False))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int] = (0,)
) -> None:
    """Print a table with a title; columns in `left` are aligned left, the others right. Raises OutputClosed."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    class Output(Console):
        def on_broken_pipe(self) -> None:
            # The method of rich ends the process with exit code 1, which means a wrong result here.
            raise BrokenPipeError

    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index in left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    with _output():
        terminal = Output()
        (terminal if terminal.is_terminal else Output(width=_WIDTH_OF_A_FILE)).print(table)


def number(value: Any) -> str:
    """A whole number with thousands separated, or a dash."""
    return MISSING if value is None else f"{value:,}"


def wrapped(text: str) -> str:
    """A paragraph in lines that fit the usual terminal; commands in it stay whole words."""
    import textwrap

    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def replace_unknown_characters() -> None:
    """Print a question mark for a character that the terminal's encoding lacks, such as × in ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def _output() -> Iterator[None]:
    """Raise OutputClosed where writing to standard output raises BrokenPipeError."""
    try:
        yield
    except BrokenPipeError as error:
        # Python writes the rest of its buffer when it exits: that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputClosed from error
