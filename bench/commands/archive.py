"""`convcost archive`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command


@command(
    "convcost archive results/20260101T120000Z-host-quick archives/quick",
    "convcost report archives/quick",
)
def archive(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    to: Annotated[Path, typer.Argument(help="The new folder.")],
) -> None:
    """Copy a run compressed, without its tables, to keep it in a repository.

    The copy can be rendered and compared, not resumed.
    """
    from bench.store.archive import archive
    from bench.terminal.archive import show

    show(archive(run, to))
