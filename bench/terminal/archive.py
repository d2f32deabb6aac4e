"""One line on an archive: its size, and the command that renders it."""

from __future__ import annotations

from bench import format
from bench.store.archive import Archived
from bench.terminal.console import print_line


def show(archived: Archived) -> None:
    sizes = f"{format.byte_count(archived.after_bytes)} in place of {format.byte_count(archived.before_bytes)}"
    records = format.count(archived.records, "record")
    print_line(f"{archived.folder}: {records}, {sizes}; to render it: convcost report {archived.folder}")
