"""Renders pages by the templates of the report: one HTML file with its style, which needs no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from bench.errors import InfrastructureError
from bench.report.document import markdown
from bench.report.document.blocks import Section
from bench.report.document.first_screen import FirstScreen
from bench.store.files import replace_text

TEMPLATES = Path(__file__).parents[1] / "templates"
# The template of every page, and of its summary in Markdown.
PAGE, _SUMMARY = "report.html.j2", "summary.md.j2"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:[nµm]?s|GFLOP/s|[pnµmkM]?J|[µmk]?g|W)\b|± \d)|(?<=±) (?=\d)")


def write(
    file: Path,
    title: str,
    first: FirstScreen,
    lead: str,
    short: Sequence[str],
    built: Sequence[Section],
    *,
    has_summary: bool = False,
) -> Path:
    """Write a page without an explorer, in a folder that is made where it is missing; returns its path.

    With `has_summary` the same in Markdown, without figures, is beside it under the name with .md. Raises
    InfrastructureError if a file cannot be written.
    """
    context = {
        "title": title, "busy": "", "first": first, "lead": lead, "sections": built, "short": short,
        "is_finished": True, "explorer": None, "beside": f"The figures are in {file.name} next to this file.",
    }  # fmt: skip
    texts = {file: environment().get_template(PAGE).render(context)}
    if has_summary:
        texts[file.with_suffix(".md")] = markdown_of(context)
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path, text)
        except OSError as error:
            raise InfrastructureError(f"{path} cannot be written: {error.strerror or error}") from error
    return file


def markdown_of(context: Mapping[str, object]) -> str:
    """The summary of a page. Jinja's autoescape is for HTML; here `finalize` escapes every value for Markdown."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,
        finalize=markdown.escape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(md_table=markdown.table, md_code=markdown.code, raw=markdown.Raw)
    return made.get_template(_SUMMARY).render(context)


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
