"""The command `convcost cost`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import command
from bench.commands.combinations import Useless, beside, refuse_combinations
from bench.commands.injection import with_power, with_rates
from bench.commands.options import WHAT, WHERE, AsJson, Results
from bench.commands.parsing import number, run_folder

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.energy.model import SocketPower

_USELESS = (Useless("--json prints data for programs, not LaTeX", beside("--json"), ("--latex",)),)


@command(
    "convcost cost --calls-per-day 1e6 --grid FR --price-per-kwh 0.25",
    "convcost cost results/20260101T120000Z-host-resnet-50 --calls-per-day 2e5 --g-per-kwh 50 --pue 1.2 --latex",
)
@with_rates
@with_power
def cost(
    context: typer.Context,
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", parser=run_folder, help="Folder or URI of a run; the newest run by default."),
    ] = None,
    *,
    calls_per_day: Annotated[
        float | None,
        typer.Option(
            "--calls-per-day",
            metavar="N",
            parser=number(),
            rich_help_panel=WHAT,
            help="Calls of each convolution, or inferences of each network, on each day, as in 1e6; required.",
        ),
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all", rich_help_panel=WHAT, help="Show every implementation that was timed, not only the one to use."
        ),
    ] = False,
    power: SocketPower | None,
    rates: Rates,
    results: Results = Path("results"),
    latex: Annotated[
        bool, typer.Option("--latex", rich_help_panel=WHERE, help="Print tables in LaTeX, with the text as captions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a run into the kWh, CO2e and money of a year.

    For the implementation to use in each case, and for whole networks. Ranges are carried through, and measured,
    modelled and bracketed energy have tables of their own. It ends with what a paper must say beside them: calls,
    method, scope, uncertainty, grid, prices, PUE. A grid, price or power given here replaces that of the run.
    """
    from bench.cost.year import require_calls
    from bench.report import year_costs
    from bench.store import runs
    from bench.terminal import cost as terminal
    from bench.terminal.console import print_json

    refuse_combinations(context, *_USELESS)
    calls = require_calls(calls_per_day)
    found = year_costs.of_run(run or runs.latest(results), calls, rates, power, every=every)
    if as_json:
        print_json(found.as_dict())
    elif latex:
        terminal.show_latex(found)
    else:
        terminal.show(found)
