"""The command `convcost network`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.combinations import TWO_MODELS, Useless, beside, refuse_combinations, without
from bench.commands.energy_options import EnergyModel, MaxJoules
from bench.commands.injection import with_overrides, with_rates
from bench.commands.network_options import (
    Against,
    BusyCore,
    Choice,
    Inputs,
    Listing,
    MaxError,
    MaxMemory,
    Mlp,
    Trust,
    Using,
    Whole,
)
from bench.commands.options import AsJson, DryRun, Page, Reports, Results
from bench.commands.parsing import words
from bench.errors import NOTHING_LEFT, advising

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.networks.target import NetworkTarget
    from bench.run.network import WholeRace
    from bench.run.sweep import Ended
    from bench.sweep.job import Job
    from bench.sweep.overrides import Overrides
    from bench.terminal.progress import SweepProgress

_OF_THE_WHOLE = (
    *("TARGET", "--against", "--using", "--whole", "--busy-core"),
    *("--input", "--trust", "--threads", "--max-seconds", "--json"),
)
_USELESS = (
    Useless(
        "--list measures nothing", beside("--list"), ("TARGET", "--list", "--input", "--trust", "--json"), all_but=True
    ),
    Useless("without --against no other runtime is timed", without("--against"), ("--using", "--whole", "--busy-core")),
    Useless("--whole measures no layer", beside("--whole"), _OF_THE_WHOLE, all_but=True),
    # A dry run shows the sweep that the other options make, so it takes all of them.
    Useless("--dry-run has no results to print", beside("--dry-run"), ("--json",)),
    Useless("--no-energy means --energy none", beside("--no-energy"), ("--energy",)),
    TWO_MODELS,
)


@command(
    "convcost network my_model.py:make --input 1x3x224x224 --budget 10m",
    "convcost network resnet-18 --whole --against all --using auto",
)
@with_rates
@with_overrides("axes", "bias", "settings")
def network(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            parser=words,
            help="A built-in network, package.module:function that returns a torch.nn.Module, an .onnx or .pt2 file, "
            "or a file of layers.",
        ),
    ],
    *,
    inputs: Inputs = None,
    listing: Listing = False,
    dry_run: DryRun = False,
    trust: Trust = False,
    mlp: Mlp = False,
    max_memory: MaxMemory = None,
    max_error: MaxError = None,
    against: Against = None,
    using: Using = None,
    whole: Whole = False,
    busy_core: BusyCore = False,
    overrides: Overrides,
    energy_model: EnergyModel = None,
    max_joules: MaxJoules = None,
    rates: Rates,
    results: Results = Path("results"),
    reports: Reports = None,
    choice: Choice = None,
    page: Page = None,
    as_json: AsJson = False,
) -> None:
    """Measure the layers of a network: what to use in each.

    It ends with a table of its layers, the most that could be saved first, the totals by implementation, and the share
    that convolutions have of its time. A module is listed in eval mode. Exit 1 if a result is wrong.
    """
    refuse_combinations(context, *_USELESS)
    with advising(NOTHING_LEFT):
        from bench.networks.target import read
        from bench.run import network as measuring
        from bench.sweep.jobs import for_layers
        from bench.terminal.sweep import show_cases

        found = read(target, inputs or (), trust=trust)
        if listing:
            return _show_listing(found, as_json=as_json)
        job = for_layers(found.listing.layer_set, overrides, command_line(), rates, energy_model)
        if dry_run:
            return show_cases(job)
        measuring.require_choice_file(choice)
        race = measuring.whole_race(found, against or (), using, job.settings.threads, overrides.max_seconds, busy_core)
        if race and whole:
            return _time_whole(found, race, as_json=as_json)
        progress = _progress(job, results, reports)
    with progress:
        ended = measuring.measure(found, job, results, progress, max_joules=max_joules, dense=mlp)
    _show(found, ended, progress, (max_memory, max_error), choice, race, page, as_json=as_json)
    raise typer.Exit(FINE if progress.is_fine else WRONG)


def _show_listing(found: NetworkTarget, *, as_json: bool) -> None:
    from bench.terminal import network as table
    from bench.terminal.console import print_json

    if as_json:
        print_json(found.listing.as_dict())
    else:
        table.show_listing(found.listing)


def _time_whole(found: NetworkTarget, race: WholeRace, *, as_json: bool) -> None:
    """Time the whole network against its rivals, and nothing else. Exit 1 where a side is not right, or ours is not."""
    from bench.run.network import MEASURED, run_race
    from bench.terminal import whole_network
    from bench.terminal.console import print_json

    timed = run_race(found, race, MEASURED)
    if as_json:
        print_json({"network": found.listing.name, "swap": timed})
    else:
        whole_network.show(timed, ())
    raise typer.Exit(WRONG if timed.get("missing") or timed["wrong"] else FINE)


def _progress(job: Job, results: Path, reports: Path | None) -> SweepProgress:
    """The progress of a job that may begin: what it leaves out is said, and its folders can be written."""
    from bench.run.sweep import require_folders
    from bench.store import pages
    from bench.terminal.progress import SweepProgress
    from bench.terminal.sweep import warn

    warn(job)
    found = pages.reports_for(results, reports)
    require_folders(results, found)
    return SweepProgress(len(job.cases), job.config.rounds, found)


def _show(
    found: NetworkTarget,
    ended: Ended,
    progress: SweepProgress,
    limits: tuple[int | None, float | None],
    choice: Path | None,
    race: WholeRace | None,
    page: Path | None,
    *,
    as_json: bool,
) -> None:
    """Swap, write the choice into its file, render the page of the run, and print the network."""
    from bench.report.render import load, render
    from bench.report.sections import network_table
    from bench.report.sections.study import Study
    from bench.run.network import ENTRY, run_race
    from bench.terminal import network as table
    from bench.terminal import whole_network
    from bench.terminal.console import print_json
    from bench.terminal.pages import show_copy
    from bench.terminal.sweep import show_files

    with advising(f"its visits are kept; to see them: convcost report {ended.folder}"):
        study = Study.of(load(ended.folder))
        tables = network_table.tables(study, found.listing.names, *limits)
        best = network_table.choice_of(tables, ended.folder.name)
        if choice is not None and best is not None:
            best.save(choice)
        swapped = run_race(found, race, best, ended.folder) if race else None
        html, run = render(ended.folder, progress.reports), load(ended.folder)
    if page is not None:
        show_copy(html, page)
    known = run.meta[ENTRY]
    if as_json:
        groups = [network_table.as_dict(one, study, known) for one in tables]
        over = network_table.swapped_over_alone(tables, swapped) if swapped else None
        plain = {"choice": best and best.as_dict(), "swap": swapped, "swapped_over_alone": over and list(over)}
        print_json({"run": str(ended.folder), "report": str(html), "network": known, "groups": groups, **plain})
    else:
        table.show(tables, study, found.listing, known)
        whole_network.show(swapped, tables)
        show_files(ended, run, html, progress)
        table.show_choice(best, choice)
