"""The command `convcost report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import command
from bench.commands.combinations import NO_FIGURES, TWO_MODELS, refuse_combinations
from bench.commands.energy_options import EnergyModel
from bench.commands.figure_options import Figures, Font, Width
from bench.commands.injection import with_power, with_rates
from bench.commands.options import Reports, Results
from bench.commands.parsing import run_folder

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.energy.model import SocketPower
    from bench.report.printing.choices import Printing


@command(
    "convcost report results/20260101T120000Z-host-quick --figures svg,pdf --width 89mm",
    "convcost report --cpu-idle-w 60 --cpu-max-w 180 --cpu-cores 16 --grid FR --price-per-kwh 0.25",
)
@with_rates
@with_power
def report(
    context: typer.Context,
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", parser=run_folder, help="Folder or URI of a run; the newest run by default."),
    ] = None,
    *,
    power: SocketPower | None,
    energy_model: EnergyModel = None,
    rates: Rates,
    figures: Figures = None,
    width: Width = None,
    font: Font = None,
    results: Results = Path("results"),
    reports: Reports = None,
) -> None:
    """Write a run's HTML page and Markdown summary.

    The page of a run in a folder `results` goes to the folder `reports` beside that one, wherever you are; its path is
    absolute if it is not below the current folder. On a terminal, the run's answer is printed before the path; a file
    or pipe gets only the path. A grid, price, power or model given here replaces that of the run, on the page only.
    With --figures each figure of the page is also in files of its own, in the folder `figures` beside the page: the
    figure, its data as CSV, and its caption as text.
    """
    refuse_combinations(context, TWO_MODELS, NO_FIGURES)
    from bench.report.render import render
    from bench.store import runs
    from bench.store.pages import reports_for
    from bench.terminal import winners
    from bench.terminal.console import print_line

    wanted = None if figures is None else _printing(figures, width, font)
    folder = run or runs.latest(results)
    page = render(folder, reports_for(folder.resolve().parent, reports), rates, power, energy_model, wanted)
    winners.show_in_terminal(folder, rates, power, energy_model)
    print_line(str(page))


def _printing(figures: str, width: str | None, font: str | None) -> Printing:
    from bench.report.printing.choices import printing

    return printing(figures, width, font)
