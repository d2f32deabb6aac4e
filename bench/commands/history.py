"""The command `convcost history`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT, AsJson, Page, Results
from bench.commands.parsing import run_folder


@command(
    "convcost history",
    "convcost history results/20260101T120000Z-host-quick results/20260102T120000Z-host-quick --json",
)
def history(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUNS", parser=run_folder, help="Folders or URIs of runs; all in the results by default."
        ),
    ] = None,
    machine: Annotated[
        str | None,
        typer.Option(
            "--machine",
            metavar="TEXT",
            rich_help_panel=WHAT,
            help="Part of the name of the machine, as in EPYC; by default that of the newest run.",
        ),
    ] = None,
    page: Page = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Show when rows became slower or faster on one machine.

    Each step is given with the version or commit that changed with it. A step lasts three runs at least, and among all
    rows a false one is as rare as one history in twenty.
    """
    from bench.compare.history.history import history
    from bench.terminal.console import print_json
    from bench.terminal.history import show
    from bench.terminal.pages import show_history

    found = history(runs or (), results, machine)
    print_json(found.as_dict()) if as_json else show(found)
    if page is not None:
        show_history(found, page)
