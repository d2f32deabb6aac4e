"""`convcost fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import HOW_LONG, WHERE, Threads


@command("convcost fit --minutes 20", "convcost fit --minutes 0   # fit again to the times that are kept")
def fit(
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.0, rich_help_panel=HOW_LONG, help="Of measuring; 0 measures nothing.")
    ] = 10.0,
    shapes: Annotated[
        int, typer.Option("--shapes", min=1, rich_help_panel=HOW_LONG, help="Most shapes to measure.")
    ] = 3_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Seed of the shapes; each seed goes on where it was left.")
    ] = 1,
    threads: Threads = None,
    times: Annotated[
        Path,
        typer.Option(
            "--times", rich_help_panel=WHERE, help="File that keeps the times; remove it when kernels have changed."
        ),
    ] = Path("results/kernels/fit-times.jsonl"),
    write: Annotated[
        Path | None, typer.Option("--write", rich_help_panel=WHERE, help="The cost model; that of `auto` by default.")
    ] = None,
) -> None:
    """Fit the cost model of `auto` to this machine: measure random shapes, then write the model."""
    from bench.predict import fit as fitting
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error
    from bench.terminal.fit import show

    show(fitting.fit_machine(minutes, shapes, seed, settings_for(threads), times, write, print_error))
