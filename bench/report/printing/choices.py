"""What a reader may choose for figures in print: formats of files, the width, the font."""

from __future__ import annotations

import difflib
import re
from contextlib import suppress
from dataclasses import dataclass

from matplotlib import font_manager

from bench.errors import UsageError
from bench.report.drawing.canvas import PAGE_FONT

FORMATS = ("svg", "pdf", "png")
# One column of most journals is 80 to 90 mm wide, two are 170 to 190 mm.
DEFAULT_WIDTH = "89mm"
_NARROWEST_MM, _WIDEST_MM = 50.0, 400.0
_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([a-z]+)", re.ASCII | re.IGNORECASE)
_FEW = 5


@dataclass(frozen=True, slots=True)
class Printing:
    """Formats of FORMATS in order, the width of every figure, and the font of its text."""

    formats: tuple[str, ...]
    width_mm: float
    font: str = PAGE_FONT

    @property
    def width_in(self) -> float:
        return self.width_mm / _MM["in"]


def printing(formats: str, width: str | None = None, font: str | None = None) -> Printing:
    """The choices as they are typed. Raises UsageError for any that is not possible."""
    width_mm = millimetres(width or DEFAULT_WIDTH)
    return Printing(formats_of(formats), width_mm, PAGE_FONT if font is None else installed(font))


def formats_of(text: str) -> tuple[str, ...]:
    """The formats in "svg,pdf", each once. Raises UsageError for another one, or none."""
    words = [word.strip().lower() for word in text.split(",")]
    unknown = [word for word in words if word not in FORMATS]
    if unknown:
        raise UsageError(
            f"--figures is {text!r}; allowed: {', '.join(FORMATS)}, or several with commas between them; "
            f"type --figures {','.join(FORMATS)}"
        )
    return tuple(dict.fromkeys(words))


def millimetres(text: str) -> float:
    """The width in "89mm", "8.9 cm", "3.5in" or "252pt" (72 a inch). Raises UsageError for another one."""
    match = _LENGTH.fullmatch(text.strip())
    factor = None if match is None else _MM.get(match[2].lower())
    length_mm = 0.0 if match is None or factor is None else float(match[1]) * factor
    if not _NARROWEST_MM <= length_mm <= _WIDEST_MM:
        raise UsageError(
            f"--width is {text!r}; allowed: a number with its unit, {', '.join(_MM)}, from {_NARROWEST_MM:g}mm to "
            f"{_WIDEST_MM:g}mm; type --width {DEFAULT_WIDTH}"
        )
    return length_mm


def installed(name: str) -> str:
    """The font of this name, however it is capitalised. Raises UsageError for one that is not on this machine."""
    wanted = " ".join(name.split()).casefold()
    known = _fonts()
    if wanted not in known:
        _find_new_fonts()
        known = _fonts()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, _FEW, cutoff=0.5) or sorted(known)[:_FEW]
        raise UsageError(
            f"--font is {name!r}, which is not installed here; allowed: one of the {len(known)} fonts of this machine, "
            f"such as {', '.join(known[one] for one in near)}; type --font {PAGE_FONT!r}"
        )
    return known[wanted]


def _fonts() -> dict[str, str]:
    """The fonts that matplotlib knows, by name in small letters."""
    return {entry.name.casefold(): entry.name for entry in font_manager.fontManager.ttflist}


def _find_new_fonts() -> None:
    """Tell matplotlib of fonts that were installed since it last looked, which may be years ago."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            # A file that is no font to matplotlib is none that can be asked for.
            with suppress(OSError, RuntimeError, ValueError):
                font_manager.fontManager.addfont(path)
