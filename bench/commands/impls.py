"""The command `convcost impls`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT, AsJson, Load


@command("convcost impls --device cpu", "convcost impls --load mine.py --json")
def impls(
    device: Annotated[
        str | None,
        typer.Option(
            "--device", metavar="DEVICE", rich_help_panel=WHAT, help="Only implementations that run on it: cpu or cuda."
        ),
    ] = None,
    load: Load = None,
    as_json: AsJson = False,
) -> None:
    """List the implementations and what each supports."""
    from bench.run import catalogue
    from bench.terminal.catalogue import show
    from bench.terminal.console import print_json

    entries = catalogue.entries(device, load or [])
    print_json(entries) if as_json else show(entries)
