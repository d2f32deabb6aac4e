"""Where a key stands in TOML text: the parser of the standard library reads values and forgets their places."""

from __future__ import annotations

import re


def place_of(text: str, key: str, inside: str | None = None) -> str:
    """ "line 3, column 1" of a key, at the top level or inside a table; of the table where the key is not found."""
    name = rf"""["']?{re.escape(key)}["']?\s*(?=[=\].])"""
    if inside is None:
        return _first(text, rf"^\s*(?P<key>\[*\s*{name})") or "line 1, column 1"
    table = rf"""["']?{re.escape(inside)}["']?"""
    forms = (
        rf"^\s*(?P<key>\[*\s*{table}\s*\.\s*{name})",
        rf"^\s*{table}\s*=.*?[{{,]\s*(?P<key>{name})",
        rf"^\s*(?P<key>{name})",
    )
    for form in forms:
        found = _first(text, form)
        if found:
            return found
    return place_of(text, inside)


def _first(text: str, pattern: str) -> str | None:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(pattern, line)
        if match:
            return f"line {number}, column {match.start('key') + 1}"
    return None
