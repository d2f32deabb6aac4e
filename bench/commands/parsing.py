"""Reads the numbers and sizes of the command line; an error names the given text and the allowed ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import typer

from bench.bounds import LARGEST
from bench.errors import UsageError

# Longer numbers make no size on any machine.
_PAIR = re.compile(r"(\d{1,18})(?:\s*[x×,]\s*(\d{1,18}))?", re.IGNORECASE | re.ASCII)

_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)\s*([kmgt]i?b|b|)", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "b": 1} | {
    f"{letter}{binary}b": base**power
    for power, letter in enumerate("kmgt", 1)
    for binary, base in (("i", 1024), ("", 1000))
}

Number = TypeVar("Number", int, float)


def whole_number(least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers within limits. It raises BadParameter for any other text."""
    return _parser(int, f"a whole number{_limits(least, most)}", least, most)


def number(least: float | None = None, most: float | None = None) -> Callable[[str], float]:
    """A parser of numbers within limits. It raises BadParameter for any other text."""
    return _parser(float, f"a number{_limits(least, most)}", least, most)


def pair(least: int = 1, words: tuple[str, ...] = ()) -> Callable[[str], str | tuple[int, int]]:
    """A parser of one whole number, or two as in 3x5 or 3,5 for (height, width); also of some words, as they are.

    It raises BadParameter for any other text.
    """
    allowed = f"a whole number{_limits(least, None)}, or two as in 3x5 (height x width)"

    def parse(text: str) -> str | tuple[int, int]:
        if text in words:
            return text
        match = _PAIR.fullmatch(text)
        if match is None:
            raise _refused(text, ", ".join((*words, allowed)))
        height = int(match[1])
        width = height if match[2] is None else int(match[2])
        if min(height, width) < least:
            raise _refused(text, ", ".join((*words, allowed)))
        return height, width

    return parse


def html_file(text: str) -> Path:
    """The file of a page. Raises BadParameter for another ending, and for a folder, before anything is measured."""
    path = Path(text)
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise _refused(text, "a file to write that ends in .html, as in page.html")
    return path


def words(text: str) -> str:
    """The text as it was typed. Typer refuses text that is no UTF-8, as names of files may be, without a parser."""
    return text


def run_folder(text: str | Path) -> Path:
    """The folder of a run; for one elsewhere that of its copy here. Raises BadParameter for a URI of no run."""
    if "://" not in str(text):
        return Path(text)
    from bench.store.remote import folder_of

    try:
        return folder_of(str(text))
    except UsageError as error:
        raise typer.BadParameter(str(error)) from error


def local_folder(text: str | Path) -> Path:
    """A folder to write in. Raises BadParameter for a URI."""
    if "://" in str(text):
        raise _refused(str(text), "a folder of this machine; sweep --store copies the finished run to a URI")
    return Path(text)


def byte_size(text: str) -> int:
    """The bytes of a size such as 64MiB or 1.5GB. Raises BadParameter for any other text."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise _refused(text, "a number of bytes, as in 64MiB, 1.5GiB or 65536")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def _parser(
    convert: Callable[[str], Number], allowed: str, least: float | None, most: float | None
) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        try:
            value = convert(text)
        except ValueError:
            raise _refused(text, allowed) from None
        if isinstance(value, int) and abs(value) > LARGEST:
            raise _refused(text, f"{allowed}, and at most {LARGEST:,}")
        # This form refuses NaN too: it is outside of any limit.
        if (least is not None and not value >= least) or (most is not None and not value <= most):
            raise _refused(text, allowed)
        return value

    return parse


def _refused(text: str, allowed: str) -> typer.BadParameter:
    return typer.BadParameter(f"{text!r}; allowed: {allowed}")


def _limits(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    if least is not None:
        return f" of at least {least:,}"
    return ""
