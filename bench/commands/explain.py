"""The command `convcost explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import AsJson, Load


@command("convcost explain winograd", "convcost explain fft-tiled")
def explain(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Algorithms or implementations; without one, all are listed."),
    ] = None,
    load: Load = None,
    as_json: AsJson = False,
) -> None:
    """Explain in words how algorithms and implementations work.

    Each one's idea, FLOPs, memory, error and source, and when it wins; without a NAME all in one line each.
    """

    from bench.run import catalogue
    from bench.terminal.console import print_json
    from bench.terminal.explain import show, show_lines

    if not names:
        lines = catalogue.lines(load or [])
        print_json(lines) if as_json else show_lines(lines)
        return
    found = catalogue.explanations(names, load or [])
    print_json(found) if as_json else show(found)
