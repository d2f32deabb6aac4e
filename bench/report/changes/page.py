"""Writes a comparison as one HTML file, which needs no other file and no script."""

from __future__ import annotations

from pathlib import Path

from bench.compare.comparison import SideComparison
from bench.report.changes import answer, tables
from bench.report.changes.told import ToldChanges
from bench.report.document import paper

_LEAD = (
    "Changes are {new} over {old}: above 0, {new} is slower. Rows match by problem, precision, layout, device, "
    "threads, cache, data and implementation."
)


def write(found: SideComparison, told: ToldChanges, file: Path) -> Path:
    """Write the page of a comparison. Raises InfrastructureError if the file cannot be written."""
    first = answer.first_screen(found, told)
    host = found.new[0].environment.get("host") if found.new else None
    title = f"{told.what} on {host}" if host else told.what
    lead = _LEAD.format(old=told.old, new=told.new)
    # The first sentence is on the first screen.
    return paper.write(file, title, first, lead, told.said[1:], tables.sections(found, told))
