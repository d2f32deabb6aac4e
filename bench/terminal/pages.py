"""Writes the page that a user asked for beside the terminal's text, and says where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.terminal.console import print_error

if TYPE_CHECKING:
    from bench.compare.comparison import SideComparison
    from bench.compare.history.history import History
    from bench.report.changes.told import ToldChanges


def show_changes(found: SideComparison, told: ToldChanges, file: Path) -> None:
    """Write the page of a comparison, and print its path on standard error, so that --json stays JSON."""
    from bench.report.changes import page

    print_error(f"page: {page.write(found, told, file)}", wrap=False)


def show_history(found: History, file: Path) -> None:
    """Write the page of a history, and print its path on standard error."""
    from bench.report.histories import page

    print_error(f"page: {page.write(found, file)}", wrap=False)
