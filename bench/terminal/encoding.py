"""Replaces characters that a terminal's encoding lacks: in ASCII µs becomes us, and 3×3 becomes 3x3."""

from __future__ import annotations

import codecs
import unicodedata
from typing import TextIO

# The name of the error handler, for the argument `errors` of a stream.
PLAIN = "convcost-plain"

_ASCII = {
    "µ": "u", "μ": "u", "–": "-", "—": "-", "−": "-", "×": "x", "÷": "/", "±": "+/-", "≤": "<=", "≥": ">=", "·": "*",
    "…": "...", "→": "->", "←": "<-", "∞": "inf", "√": "sqrt", "Σ": "sum", "Π": "product",
    "½": "1/2", "‖": "||", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "⌈": "ceil(",
    "⌉": ")", "⌊": "floor(", "⌋": ")", "†": "*", "∘": "*", "•": "*", "°": " deg", "ß": "ss", "æ": "ae", "ø": "o",
    "λ": "lambda",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))


def shown(text: str, stream: TextIO) -> str:
    """The text as a stream shows it: with replacements for characters that its encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, PLAIN).decode(encoding)


def _plain(character: str) -> str:
    """ASCII for a character: from the table, without its accent, a line of a box, or a question mark."""
    if character.isascii():
        return character
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


def _plain_run(characters: str) -> str:
    """ASCII for characters in a row: superscripts become one power, as in ^-24."""
    found, is_power = "", False
    for character in characters:
        begins = character in _SUPERSCRIPTS and not is_power
        is_power = character in _SUPERSCRIPTS
        found += "^" * begins + (_SUPERSCRIPTS[character] if is_power else _plain(character))
    return found


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.end
    # Latin-1 has ² and lacks ⁻: a power is replaced whole.
    while error.object[end - 1] in _SUPERSCRIPTS and error.object[end : end + 1] in _SUPERSCRIPTS:
        end += 1
    return _plain_run(error.object[error.start : end]), end


codecs.register_error(PLAIN, _replace)
