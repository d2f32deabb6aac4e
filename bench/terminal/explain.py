"""Shows explanations of algorithms and implementations, for `convcost explain`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from bench.terminal import console
from bench.terminal.console import wrapped

# Lines are no longer on a wide terminal: longer ones are hard to read.
_WIDEST = 80
_HEADINGS = {
    "cost": "FLOPs", "wins": "When it wins", "memory": "Memory", "error": "Error", "range": "Range",
    "source": "Source",
}  # fmt: skip


def show(found: Sequence[Mapping[str, Any]]) -> None:
    """Print explanations, one below the other."""
    for number, explanation in enumerate(found):
        if number:
            console.print_line("")
        for line in _lines(explanation, _width()):
            console.print_line(line)


def show_lines(lines: Mapping[str, str]) -> None:
    """Print every name with its line."""
    longest = max(map(len, lines))
    for name, line in lines.items():
        first = f"{name:{longest}}  "
        for printed in wrapped(line or console.MISSING, _width(), first, " " * len(first)):
            console.print_line(printed)
    console.print_line("")
    console.print_line("More on one: convcost explain NAME")


def _lines(explanation: Mapping[str, Any], width: int) -> list[str]:
    title = f"{explanation['name']}: {explanation['line']}" if explanation["line"] else explanation["name"]
    made = wrapped(title, width)
    for idea in explanation["idea"]:
        for paragraph in idea.split("\n\n"):
            made += ["", *wrapped(paragraph, width)]
    for part, text in explanation["parts"].items():
        made += ["", _HEADINGS[part], *wrapped(text, width, "  ", "  ")]
    made += ["", *wrapped(f"Symbols: {explanation['symbols']}", width)] if explanation["symbols"] else []
    return made + _more(explanation, width)


def _more(explanation: Mapping[str, Any], width: int) -> list[str]:
    """The implementations of the algorithm."""
    names = explanation["implementations"]
    text = f"Implementations of {explanation['algorithm']}: {', '.join(names)}. Measure them: convcost measure LAYER"
    return ["", *wrapped(text, width)] if names else []


def _width() -> int:
    return min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
