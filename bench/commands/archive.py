"""`convcost archive`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command


@command(
    "convcost archive results/20260101T120000Z-host-quick archives/quick",
    "convcost archive results/20260101T120000Z-host-full results/reference/host",
)
def archive(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="The new folder.")],
) -> None:
    """Copy a run compressed, small enough for a repository.

    The copy has no tables. It can be rendered, not resumed.
    """
    from bench.store.archive import archive
    from bench.terminal.archive import show

    show(archive(run, to))
