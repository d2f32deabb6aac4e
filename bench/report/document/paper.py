"""Renders pages by the templates of the report: one HTML file with its style, which needs no other file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2

from bench.errors import InfrastructureError
from bench.report.document.blocks import Section
from bench.report.document.first_screen import FirstScreen

TEMPLATES = Path(__file__).parents[1] / "templates"
# The template of every page.
PAGE = "report.html.j2"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:[nµm]?s|GFLOP/s|[pnµmkM]?J|[µmk]?g|W)\b|± \d)|(?<=±) (?=\d)")


def write(
    file: Path, title: str, first: FirstScreen, lead: str, short: Sequence[str], built: Sequence[Section]
) -> Path:
    """Write a page without an explorer, in a folder that is made where it is missing; returns its path.

    Raises InfrastructureError if the file cannot be written.
    """
    context = {
        "title": title, "busy": "", "first": first, "lead": lead, "sections": built, "short": short,
        "is_finished": True, "explorer": None,
    }  # fmt: skip
    text = environment().get_template(PAGE).render(context)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error.strerror or error}") from error
    return file


def environment(*folders: Path) -> jinja2.Environment:
    """The templates of pages, and those in other folders; all text is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, *folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["keep_units"] = _keep_units
    return made


def _keep_units(text: str) -> str:
    """The text with no line break between a number and its unit."""
    return _BEFORE_UNIT.sub("\u00a0", text)
