"""The command `convcost export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT, WHERE
from bench.commands.parsing import run_folder


@command(
    "convcost export results/20260101T120000Z-host-quick --to pyperf",
    "convcost export results/20260101T120000Z-host-quick --to csv --output tables",
)
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", parser=run_folder, help="Folder or URI of a run.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="FORMAT", rich_help_panel=WHAT, help="csv, json, parquet, pyperf, asv or benchdnn."
        ),
    ] = "csv",
    commit: Annotated[
        str | None,
        typer.Option(
            "--commit",
            metavar="HASH",
            rich_help_panel=WHAT,
            help="Commit that results belong to, for asv; by default that of the convcost that measured.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="PATH",
            rich_help_panel=WHERE,
            help="New file, or folder for csv, parquet and asv; by default named after the run, here.",
        ),
    ] = None,
) -> None:
    """Write a run in a format of other programs.

    csv and parquet are folders of tables, json is one file with everything; pyperf, asv and benchdnn hold the times of
    rows that are right.
    """
    from bench.store.export import formats
    from bench.terminal.export import show

    show(formats.export(run, to, output, commit))
