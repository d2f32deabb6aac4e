"""Words for readers: numbers with their nouns."""

from __future__ import annotations


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun: 1 case, 2 cases."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
