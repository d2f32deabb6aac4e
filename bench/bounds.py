"""Bounds of the text that users and files give, and readers of it that raise one kind of error.

A file in another format than it should have may be endless, nested without end, or hold numbers of any length. The
readers of the standard library then raise RecursionError, OverflowError or ValueError, or take quadratic time.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from impls.descriptor import MAX_DIGITS

# The largest whole number of 18 digits; larger ones make no size on any machine, and tables hold no more than 63 bits.
LARGEST: int = 10**MAX_DIGITS - 1
# Longer files of layers and traces would not fit in the memory of many machines.
MOST_BYTES = 2**30
_MOST_TOML_BYTES = 2**20
# A double holds numbers of 308 digits.
_MOST_JSON_DIGITS = 300
_DEEPEST_TOML = 8
# The reader of TOML takes quadratic time for a key of many parts.
_MOST_KEY_PARTS = 100
_KEY_ENDS = re.compile(r"[=,{}\[\]]")
_MIB = 2**20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Controls but tabs and ends of lines, the marks that turn the direction of text.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises UsageError, for a larger file too."""
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise UsageError(f"{path} has more than {most_bytes // _MIB:,} MiB; allowed: {most_bytes // _MIB:,} MiB")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def json_value(text: str | bytes) -> Any:
    """The value of JSON text. Raises ValueError, JSONDecodeError if the text is no JSON."""
    try:
        return json.loads(text, parse_int=_json_integer)
    except RecursionError as error:
        raise ValueError("its lists and objects are nested too deep") from error


def _json_integer(digits: str) -> int:
    if len(digits) > _MOST_JSON_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits; allowed: {_MOST_JSON_DIGITS}")
    return int(digits)


def read_toml(path: Path) -> str:
    """The text of a TOML file. Raises UsageError as `read_text`."""
    return read_text(path, _MOST_TOML_BYTES)


def toml_table(text: str) -> dict[str, Any]:
    """The table of TOML text. Raises ValueError, TOMLDecodeError with line and column if the text is no TOML."""
    for number, line in enumerate(text.splitlines(), 1):
        if max(part.count(".") for part in _KEY_ENDS.split(line)) > _MOST_KEY_PARTS:
            raise ValueError(f"line {number} has a key of more than {_MOST_KEY_PARTS} parts")
    try:
        table = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(f"its lists and tables are nested too deep; allowed: {_DEEPEST_TOML} deep") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        # Python's own limit of digits.
        raise ValueError(f"a number has too many digits; allowed: {MAX_DIGITS}") from error
    _require_bounded(table)
    return table


def _require_bounded(table: dict[str, Any]) -> None:
    """Raise ValueError for values nested too deep and for numbers of too many digits. Not recursive."""
    waiting: list[tuple[Any, str, int]] = [(value, key, 1) for key, value in table.items()]
    while waiting:
        value, key, depth = waiting.pop()
        if isinstance(value, (dict, list)):
            if depth > _DEEPEST_TOML:
                raise ValueError(f"{key[:MAX_DIGITS]!r} is nested too deep; allowed: {_DEEPEST_TOML} deep")
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(one, key, depth + 1) for one in inner]
        elif isinstance(value, int) and abs(value) > LARGEST:
            raise ValueError(f"{key[:MAX_DIGITS]!r} has a number of more than {MAX_DIGITS} digits")


def whole_number(text: str) -> int:
    """The whole number that a text is. Raises ValueError for other text and for more than 18 digits."""
    if len(text) > MAX_DIGITS + 1:
        raise ValueError(f"longer than {MAX_DIGITS} digits")
    try:
        return int(text)
    except ValueError as error:
        raise ValueError("not a whole number") from error


def is_finite(value: object) -> bool:
    """Whether a value is a number, not a truth value, and finite as a double."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= LARGEST if isinstance(value, int) else math.isfinite(value)


def plain_cell(text: str) -> str:
    """The text as a cell of CSV, with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def harmless(text: str) -> str:
    """The text with characters that would command a terminal written as their codes, as Python writes them."""
    return _COMMANDS.sub(lambda found: ascii(found[0])[1:-1], text)
