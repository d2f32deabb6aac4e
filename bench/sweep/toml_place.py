"""Finds the line and column of a key in TOML text: the parser of the standard library does not keep them."""

from __future__ import annotations

import re


def place_of(text: str, key: str, inside: str | None = None) -> str:
    """The place of a key, as in "line 3, column 1": at the top level, or inside a table.

    The place of the table if the key is not found in it.
    """
    name = rf"""["']?{re.escape(key)}["']?\s*(?=[=\].])"""
    if inside is None:
        return _first(text, rf"^\s*(?P<key>\[*\s*{name})") or "line 1, column 1"
    table = rf"""["']?{re.escape(inside)}["']?"""
    dotted = rf"^\s*(?P<key>\[*\s*{table}\s*\.\s*{name})"
    inline = rf"^\s*{table}\s*=.*?[{{,]\s*(?P<key>{name})"
    return (
        _first(text, dotted)
        or _first(text, inline)
        or _first(text, rf"^\s*(?P<key>{name})", after=rf"^\s*\[\s*{table}\s*\]")
        or place_of(text, inside)
    )


def _first(text: str, pattern: str, after: str | None = None) -> str | None:
    """The place of the first line with the pattern, below a line with `after`."""
    is_below = after is None
    for number, line in enumerate(text.splitlines(), 1):
        if not is_below:
            is_below = after is not None and re.match(after, line) is not None
        elif match := re.match(pattern, line):
            return f"line {number}, column {match.start('key') + 1}"
    return None
