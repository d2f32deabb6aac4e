"""`convcost archive`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT
from bench.commands.parsing import local_folder, run_folder


@command(
    "convcost archive results/20260101T120000Z-host-quick archives/quick",
    "convcost archive results/20260101T120000Z-host-full results/reference/host --rows-only",
)
def archive(
    run: Annotated[Path, typer.Argument(metavar="RUN", parser=run_folder, help="Folder or URI of a run.")],
    to: Annotated[Path, typer.Argument(metavar="FOLDER", parser=local_folder, help="The new folder.")],
    rows_only: Annotated[
        bool,
        typer.Option(
            "--rows-only",
            rich_help_panel=WHAT,
            help="Leave the samples out, most of the size: the intervals that were made from them stay.",
        ),
    ] = False,
) -> None:
    """Copy a run compressed, small enough for a repository.

    The copy has no tables. It can be rendered, not resumed.
    """
    from bench.store.archive import archive
    from bench.terminal.archive import show

    show(archive(run, to, rows_only=rows_only))
