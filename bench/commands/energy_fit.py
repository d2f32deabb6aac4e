"""The command `convcost energy-fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHERE
from bench.commands.parsing import run_folder


@command(
    "convcost energy-fit results/20260101T120000Z-host-full --write zen4.json",
    "convcost energy-fit results/reference/host --write bench/energy/executed/zen4.json",
)
def energy_fit(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            parser=run_folder,
            help="Folder or URI of a run on a machine with a sensor, best with --energy all.",
        ),
    ],
    write: Annotated[
        Path, typer.Option("--write", metavar="FILE", rich_help_panel=WHERE, help="File of the coefficients.")
    ],
) -> None:
    """Fit a model of energy to the measured joules of a run.

    Joules are idle power × time, plus executed FLOPs and bytes moved, each × a coefficient of its kind. The file says
    how far the model is off on implementations that were left out of the fit. `sweep` and `report` take it by
    --energy-model on machines of the same microarchitecture without a sensor.
    """
    from bench.predict import energy_fit as fitting
    from bench.terminal.energy_fit import show

    show(fitting.fit_run(run, write))
