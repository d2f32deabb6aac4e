"""Replaces characters that a terminal's encoding lacks: in ASCII µs becomes us, and 3×3 becomes 3x3."""

from __future__ import annotations

import codecs
import unicodedata
from typing import TextIO

# The name of the error handler, for the argument `errors` of a stream.
PLAIN = "convcost-plain"

_ASCII = {
    "µ": "u", "μ": "u", "–": "-", "—": "-", "−": "-", "×": "x", "÷": "/", "±": "+/-", "≤": "<=", "≥": ">=", "·": "*",
    "…": "...", "→": "->", "←": "<-", "∞": "inf", "√": "sqrt", "Σ": "sum", "Π": "product", "²": "^2", "³": "^3",
    "½": "1/2", "‖": "||", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "⌈": "ceil(",
    "⌉": ")", "⌊": "floor(", "⌋": ")", "†": "*", "∘": "*", "•": "*", "°": " deg", "ß": "ss", "æ": "ae", "ø": "o",
}  # fmt: skip


def shown(text: str, stream: TextIO) -> str:
    """The text as a stream shows it: with replacements for characters that its encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, PLAIN).decode(encoding)


def _plain(character: str) -> str:
    """ASCII for a character: from the table, without its accent, a line of a box, or a question mark."""
    if character in _ASCII:
        return _ASCII[character]
    name = unicodedata.name(character, "")
    if name.startswith("BOX DRAWINGS"):
        kind = name.rpartition(" ")[2]
        return {"HORIZONTAL": "-", "VERTICAL": "|"}.get(kind, "+") if "AND" not in name else "+"
    if name.startswith("GREEK "):
        return name.rpartition(" ")[2].lower()
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(c for c in decomposed if c.isascii()) or ("" if unicodedata.combining(character) else "?")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


codecs.register_error(PLAIN, _replace)
