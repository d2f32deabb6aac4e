"""The command `convcost sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.combinations import TWO_MODELS, Useless, beside, refuse_combinations, without
from bench.commands.energy_options import EnergyModel, MaxJoules
from bench.commands.injection import with_overrides, with_rates
from bench.commands.options import WHAT, WHERE, AsJson, DryRun, Reports, Results
from bench.errors import NOTHING_LEFT, advising

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.sweep.overrides import Overrides

_USELESS = (
    Useless("--list only lists what is built in", beside("--list"), ("--list",), all_but=True),
    Useless(
        "--resume continues a run with its own options",
        beside("--resume"),
        ("--resume", "--max-joules", "--reports", "--json"),
        all_but=True,
    ),
    # A dry run takes every other option of the sweep that it stands for.
    Useless("--dry-run has no results to print", beside("--dry-run"), ("--json",)),
    Useless("--no-energy means --energy none", beside("--no-energy"), ("--energy",)),
    TWO_MODELS,
    Useless(
        "a currency is that of prices, and none is given",
        without("--price-per-kwh", "--price-per-hour"),
        ("--currency",),
    ),
    Useless(
        "PUE changes the grams and the price of electricity, and neither a grid nor that price is given",
        without("--grid", "--g-per-kwh", "--price-per-kwh"),
        ("--pue",),
    ),
)


@command(
    "convcost sweep quick -a kernel=1,3,5 -a 'channels[pow2]=[4:7]'",
    "convcost sweep resnet-50 -i direct -i winograd-f4 -i torch --budget 10m",
)
@with_rates
@with_overrides("settings")
def sweep(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="SWEEP", help="A built-in sweep or layer set, a .toml file, a file of layers, or pasted text."
        ),
    ] = "quick",
    listing: Annotated[
        bool, typer.Option("--list", rich_help_panel=WHAT, help="List the built-in sweeps and layer sets and stop.")
    ] = False,
    dry_run: DryRun = False,
    *,
    overrides: Overrides,
    energy_model: EnergyModel = None,
    max_joules: MaxJoules = None,
    rates: Rates,
    results: Results = Path("results"),
    reports: Reports = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="FOLDER", rich_help_panel=WHERE, help="Continue this unfinished run."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a set of problems and write a report.

    It ends with the implementation to use for each case, its gain over torch, and how sure that is.
    Exit 1 if a result is wrong.
    """
    refuse_combinations(context, *_USELESS)
    with advising(NOTHING_LEFT if resume is None else f"{resume} is as it was"):
        from bench.report.render import render
        from bench.run import sweep as running
        from bench.run.resume import job_to_resume
        from bench.store import pages, runs
        from bench.sweep.jobs import for_sweep
        from bench.terminal import sweep as terminal
        from bench.terminal.console import print_json
        from bench.terminal.progress import SweepProgress

        if listing:
            return terminal.show_names()
        line = command_line()
        job = for_sweep(what, overrides, line, rates, energy_model) if resume is None else job_to_resume(resume, line)
        if dry_run:
            return terminal.show_cases(job)
        terminal.warn(job)
        reports = pages.reports_for(resume.resolve().parent if resume else results, reports)
        running.require_folders(resume or results, reports)
    with SweepProgress(len(job.cases), job.config.rounds, reports, resume) as progress:
        ended = running.sweep(job, results, progress, resume, max_joules=max_joules)
    with advising(f"its visits are kept; to see them: convcost report {ended.folder}"):
        page = render(ended.folder, reports)
    if as_json:
        print_json(running.as_json(ended.folder, page))
    else:
        terminal.show_finished(ended, runs.load(ended.folder), page, progress)
    raise typer.Exit(FINE if progress.is_fine else WRONG)
