"""Replaces characters that a terminal's encoding lacks: in ASCII µs becomes us, and 3×3 becomes 3x3.

Characters that would command the terminal, from a file or a plug-in, become text: escape becomes \\x1b.
"""

from __future__ import annotations

import codecs
import os
import re
import unicodedata
from typing import TextIO

from bench.bounds import harmless

# The name of the error handler, for the argument `errors` of a stream.
PLAIN = "convcost-plain"

_ASCII = {
    "µ": "u", "μ": "u", "–": "-", "—": "-", "−": "-", "×": "x", "÷": "/", "±": "+/-", "≤": "<=", "≥": ">=", "·": "*",
    "…": "...", "→": "->", "←": "<-", "∞": "inf", "√": "sqrt", "Σ": "sum", "Π": "product",
    "½": "1/2", "‖": "||", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "⌈": "ceil(",
    "⌉": ")", "⌊": "floor(", "⌋": ")", "†": "*", "∘": ".*", "•": "*", "°": " deg", "ß": "ss", "æ": "ae", "ø": "o",
    "λ": "lambda",
}  # fmt: skip
# Set in the steps of GitHub's workflows, whose runner takes lines of any output as commands: those that begin with two
# colons, as after a line is wrapped, and the older ones with two hashes and a bracket anywhere.
IN_GITHUB = "GITHUB_ACTIONS"
_WORKFLOW = re.compile(r"(?<=:)(?=:)|(?<=##)(?=\[)")
# Unicode writes a raised character as "<super>" and the code of the plain one.
_RAISED = "<super> "


def shown(text: str, stream: TextIO) -> str:
    """The text as a stream shows it: with replacements for characters that its encoding lacks, and for commands."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    safe = harmless(text)
    if os.environ.get(IN_GITHUB):
        safe = _WORKFLOW.sub(" ", safe)
    return safe.encode(encoding, PLAIN).decode(encoding)


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
    """ASCII for characters in a row: superscripts become one power, as in ^-24 or ^T."""
    found, is_power = "", False
    for character in characters:
        raised = _raised(character)
        found += "^" * (raised is not None and not is_power) + _plain(raised or character)
        is_power = raised is not None
    return found


def _raised(character: str) -> str | None:
    """The plain character of a superscript, as T of ᵀ; None for any other character."""
    code = unicodedata.decomposition(character).removeprefix(_RAISED)
    is_superscript = unicodedata.decomposition(character).startswith(_RAISED) and " " not in code
    return chr(int(code, 16)) if is_superscript else None


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.end
    # Latin-1 has ² and lacks ⁻: a power is replaced whole.
    while end < len(error.object) and _raised(error.object[end - 1]) and _raised(error.object[end]):
        end += 1
    return _plain_run(error.object[error.start : end]), end


codecs.register_error(PLAIN, _replace)
