"""Splits a command line into words that know their columns, and reads its options."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bench.networks.pasted.pasted_format import PastedError

# Text outside quotes, or inside a pair of equal ones.
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")
# Shells join a line that ends in a backslash with the next one; columns stay as they are.
_CONTINUED = re.compile(r"\\\r?\n")
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line without its quotes; `column` counts from 1."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Given:
    """The value of an option, as typed, with the option's column."""

    value: str
    column: int


def one_line(text: str) -> str:
    """The text with lines joined that a backslash continues."""
    return _CONTINUED.sub(lambda match: " " * len(match[0]), text)


def split(line: str, start: int = 0) -> list[Word]:
    """The words of a line from an index on. Raises PastedError at an open quote."""
    found: list[Word] = []
    position = start
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        match = _WORD.match(line, position)
        if match is None or (match.end() < len(line) and not line[match.end()].isspace()):
            column = (position if match is None else match.end()) + 1
            raise PastedError("an open quote begins here", column)
        found.append(Word(_QUOTED.sub(lambda quoted: quoted[1] or quoted[2] or "", match[0]), position + 1))
        position = match.end()
    return found


def require_known(program: str, name: str, column: int, known: Collection[str]) -> None:
    """Raise PastedError for an option that the reader of this program does not know; `name` is as typed."""
    if name.lstrip("-") not in known:
        raise PastedError(f"{name} of {program} is not read; leave it out, or write a descriptor", column)


def whole(name: str, given: Given) -> int:
    """The number of an option. Raises PastedError for anything but a whole number of at least 0."""
    if not _WHOLE.fullmatch(given.value):
        raise PastedError(f"{name} is {given.value!r}; allowed: a whole number of at least 0", given.column)
    return int(given.value)


def long_options(program: str, words: Sequence[Word]) -> dict[str, Given]:
    """Options in the form --name=value, by name; the last of equal ones counts. Raises PastedError for other words."""
    found: dict[str, Given] = {}
    for word in words:
        name, has_value, value = word.text.removeprefix("--").partition("=")
        if not (word.text.startswith("--") and name and has_value):
            raise PastedError(f"{word.text!r} is no option of {program}; allowed: --name=value", word.column)
        found[name] = Given(value, word.column)
    return found
