"""Writes the page that a user asked for beside the terminal's text, and says where it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import InfrastructureError
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


def show_copy(page: Path, file: Path) -> None:
    """Copy the page of a run, which needs no other file, and print the path of the copy on standard error.

    Raises InfrastructureError if it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, file)
    except OSError as error:
        raise InfrastructureError(f"{file} cannot be written: {error}; the page is {page}") from error
    print_error(f"page: {file}", wrap=False)
