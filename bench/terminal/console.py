"""Prints lines, tables and JSON. Only a table loads rich, so that `--help` and errors stay fast.

A terminal gets lines and tables of its width, wrapped between words, and so does a file or pipe if COLUMNS is set.
Without it a line is never wrapped. Characters that the encoding lacks are replaced (bench.terminal.encoding).
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, TextIO

from bench.bounds import harmless
from bench.terminal.encoding import PLAIN, shown

if TYPE_CHECKING:
    from bench.terminal.layout import Part

MISSING = "–"

# Columns of a table in a file or pipe, which have no width of their own: most lines stay whole.
_WIDTH_OF_A_FILE = 160
# A terminal that does not tell its width.
_WIDTH_OF_A_TERMINAL = 80
# Words that stay on one line: a command, which readers copy, up to the end of its sentence; an option and its value;
# a number and its unit; a difference such as r − 1; a comment at the end of a line of Python.
_TOGETHER = re.compile(r"convcost (?:[^;,)`\n.]|\.(?! ))+|--[\w-]+ [\w.]+|\d %|\b\w [−-] \d|(?<=  )# .+$")
_NO_BREAK = "\N{NO-BREAK SPACE}"


class OutputClosed(Exception):
    """The program that reads standard output has closed it, as `head` does."""


class OutputFailed(Exception):
    """Standard output cannot be written, as on a full disk; the text says why."""


def print_line(text: str) -> None:
    """Print a line on standard output, wrapped between words in a terminal. Raises OutputClosed."""
    with _output():
        # Written at once: a closed pipe is noticed here and not at the end of the process.
        print(_fitted(text, sys.stdout), flush=True)


def print_error(text: str, *, wrap: bool = True) -> None:
    """Print a line on standard error: an error, or progress beside the result."""
    # Nobody reads a closed or full standard error; the result and the exit code do not depend on it.
    with suppress(OSError):
        print(_fitted(text, sys.stderr) if wrap else shown(text, sys.stderr), file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    """Print the result for programs. Raises ValueError for a number that JSON lacks, and OutputClosed."""
    # A workflow of GitHub takes ##[ as a command, even inside a text.
    text = json.dumps(data, indent=2, allow_nan=False).replace("##[", "#\\u0023[")
    with _output():
        print(text, flush=True)


def print_workflow_command(level: str, title: str, message: str) -> None:
    """Print a command of GitHub's workflows, on one line in any terminal. Raises OutputClosed."""
    # The escapes: https://docs.github.com/actions, "Workflow commands".
    body = harmless(message).replace("##[", "## [").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    with _output():
        print(f"::{level} title={title}::{body}", flush=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: Sequence[int] = (0,),
    keys: int = 1,
    spare: Sequence[int] = (),
    under_names: bool = False,
    edges: bool = True,
) -> bool:
    """Print a table with a title; columns in `left` are text, aligned left, the others numbers. Raises OutputClosed.

    Where it is too wide, text wraps; then columns in `spare` are left out, in that order; then, with `under_names`, the
    first cell of each row has a line of its own; then it becomes several tables, each with the first `keys` columns;
    then each row becomes a paragraph. A column without a name and without text is left out. Returns whether no spare
    column was left out.
    """
    from bench.terminal import layout

    # Replaced before widths are computed: ± has one character, its replacement three.
    columns = [shown(name, sys.stdout) for name in columns]
    rows = [[shown(cell, sys.stdout) for cell in row] for row in rows]
    width = width_of(sys.stdout) or _WIDTH_OF_A_FILE
    if title:
        print_line(title)
    kept = layout.kept(columns, rows, left, keys, width, spare)
    columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
    is_whole = set(spare) <= set(kept)
    left = [kept.index(i) for i in left if i in kept]
    if under_names and not layout.is_one_table(columns, rows, left, keys, width):
        lines = layout.under_names(columns, rows, left, width)
        if lines is not None:
            print_line("\n".join(lines))
            return is_whole
    found = layout.parts(columns, rows, left, keys, width)
    if found is None or (under_names and any(layout.breaks_a_word(part, columns, rows) for part in found)):
        found = []
        for line in layout.records(columns, rows, width):
            print_line(line)
    for part in found:
        _print_part(part, columns, rows, left, width, edges=edges)
    return is_whole


def plain(text: str) -> str:
    """The text as standard output shows it, for the help: Typer writes UTF-8 where Python would write ASCII."""
    return shown(text, sys.stdout)


def wrapped(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """The lines of a text on standard output; the first begins with `first`, each other one with `later`.

    Unknown characters are replaced before the text is wrapped: ± has one character, its replacement three.
    """
    return _broken(plain(text), width, plain(first), plain(later))


def number(value: Any) -> str:
    """A whole number with thousands separated, or a dash."""
    return MISSING if value is None else f"{value:,}"


def replace_unknown_characters() -> None:
    """Let both streams replace characters that they lack, also in text that others print, such as the help."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def width_of(stream: TextIO) -> int | None:
    """The columns of a terminal, or those that COLUMNS gives; None for a file or pipe without it."""
    with suppress(ValueError):
        if (asked := int(os.environ.get("COLUMNS", ""))) > 0:
            return asked
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _WIDTH_OF_A_TERMINAL
    except OSError:
        return _WIDTH_OF_A_TERMINAL


def _print_part(
    part: Part,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[int],
    width: int,
    *,
    edges: bool,
) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    class Output(Console):
        def on_broken_pipe(self) -> None:
            # The method of rich ends the process with exit code 1, which means a wrong result here.
            raise BrokenPipeError

    table = Table(header_style="bold", show_edge=edges)
    for index, size in zip(part.columns, part.widths, strict=True):
        justified: Literal["left", "right"] = "left" if index in left else "right"
        table.add_column(escape(columns[index]), justify=justified, overflow="fold", width=size)
    for row in rows:
        table.add_row(*(escape(row[index]) for index in part.columns))
    with _output():
        Output(width=width).print(table)


def _fitted(text: str, stream: TextIO) -> str:
    """The text with its unknown characters replaced, and each line wrapped between words in a terminal."""
    text, width = shown(text, stream), width_of(stream)
    return text if width is None else "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join(_broken(line, width, later=f"{indent}  ")) if len(line) > width else line


def _broken(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """The lines of a text, broken between words: commands, names and numbers with units stay whole."""
    whole = _TOGETHER.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(
        whole, width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]


@contextmanager
def _output() -> Iterator[None]:
    """Raise OutputClosed where the reader of standard output has closed it, OutputFailed where writing fails."""
    try:
        yield
    except BrokenPipeError as error:
        drop_the_rest()
        raise OutputClosed from error
    except OSError as error:
        drop_the_rest()
        raise OutputFailed(f"standard output cannot be written: {error.strerror or error}") from error


def drop_the_rest() -> None:
    """Send what standard output still holds nowhere, where it cannot be written."""
    # Python writes the rest of its buffer when it exits: that must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
