"""The command `convcost network`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.combinations import TWO_MODELS, Useless, beside, refuse_combinations
from bench.commands.energy_options import EnergyModel, MaxJoules
from bench.commands.injection import with_overrides, with_rates
from bench.commands.options import WHAT, WHERE, AsJson, DryRun, Reports, Results
from bench.commands.parsing import byte_size, number
from bench.errors import NOTHING_LEFT, advising

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.networks.target import NetworkTarget
    from bench.run.sweep import Ended
    from bench.sweep.job import Job
    from bench.sweep.overrides import Overrides
    from bench.terminal.progress import SweepProgress

_Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SHAPE",
        rich_help_panel=WHAT,
        help="Shape of an input, as in 1x3x224x224 or 1x128:int64; repeatable, in the order of the model's inputs.",
    ),
]
_Listing = Annotated[
    bool,
    typer.Option("--list", rich_help_panel=WHAT, help="List the operations with their costs on paper, and stop."),
]
_Trust = Annotated[
    bool,
    typer.Option("--trust", rich_help_panel=WHAT, help="Read a .pt file, a pickle, which can run any code in it."),
]
_Mlp = Annotated[
    bool,
    typer.Option("--mlp", rich_help_panel=WHAT, help="Show the dense network between the same maps beside it."),
]
_MaxMemory = Annotated[
    int | None,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        parser=byte_size,
        rich_help_panel=WHAT,
        help="Also find the fastest mix whose plans and largest workspace fit into this, as in 64MiB.",
    ),
]
_MaxError = Annotated[
    float | None,
    typer.Option(
        "--max-error",
        metavar="RMS",
        parser=number(0),
        rich_help_panel=WHAT,
        help="Also find the fastest mix with at most this rms error in each layer, relative to its output, as in 1e-6.",
    ),
]
_Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Also swap the best of each layer into the module, prove it, and time the whole network against eager "
        "(torch in both layouts) or compile (torch.compile); repeatable.",
    ),
]
_Choice = Annotated[
    Path | None,
    typer.Option(
        "--choice",
        metavar="FILE",
        rich_help_panel=WHERE,
        help="Write the best of each layer into this file, for impls.optimize(model, example, using=FILE).",
    ),
]
_USELESS = (
    Useless(
        "--list measures nothing", beside("--list"), ("TARGET", "--list", "--input", "--trust", "--json"), all_but=True
    ),
    # A dry run shows the sweep that the other options make, so it takes all of them.
    Useless("--dry-run has no results to print", beside("--dry-run"), ("--json",)),
    Useless("--no-energy means --energy none", beside("--no-energy"), ("--energy",)),
    TWO_MODELS,
)


@command(
    "convcost network resnet-50 --max-memory 64MiB",
    "convcost network my_model.py:make --input 1x3x224x224 --budget 10m",
)
@with_rates
@with_overrides("axes", "bias", "settings")
def network(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A built-in network, package.module:function that returns a torch.nn.Module, an .onnx or .pt2 file, "
            "or a file of layers.",
        ),
    ],
    *,
    inputs: _Inputs = None,
    listing: _Listing = False,
    dry_run: DryRun = False,
    trust: _Trust = False,
    mlp: _Mlp = False,
    max_memory: _MaxMemory = None,
    max_error: _MaxError = None,
    against: _Against = None,
    overrides: Overrides,
    energy_model: EnergyModel = None,
    max_joules: MaxJoules = None,
    rates: Rates,
    results: Results = Path("results"),
    reports: Reports = None,
    choice: _Choice = None,
    as_json: AsJson = False,
) -> None:
    """Measure the layers of a network: what to use in each.

    It ends with a table of its layers, the most that could be saved first, the totals by implementation, and the share
    that convolutions have of its time. A module is listed in eval mode. Exit 1 if a result is wrong.
    """
    refuse_combinations(context, *_USELESS)
    with advising(NOTHING_LEFT):
        from bench.networks.swapped import require_rivals
        from bench.networks.target import read
        from bench.run import network as measuring
        from bench.sweep.jobs import for_layers
        from bench.terminal import network as table
        from bench.terminal.console import print_json
        from bench.terminal.sweep import show_cases

        found = read(target, inputs or (), trust=trust)
        if listing:
            return print_json(found.listing.as_dict()) if as_json else table.show_listing(found.listing)
        job = for_layers(found.listing.layer_set, overrides, command_line(), rates, energy_model)
        if dry_run:
            return show_cases(job)
        measuring.require_choice_file(choice)
        require_rivals(against or ())
        progress = _progress(job, results, reports)
    with progress:
        ended = measuring.measure(found, job, results, progress, max_joules=max_joules, dense=mlp)
    _show(found, ended, progress, (max_memory, max_error), choice, against or (), as_json=as_json)
    raise typer.Exit(FINE if progress.is_fine else WRONG)


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
    rivals: Sequence[str],
    *,
    as_json: bool,
) -> None:
    """Render the page of a run, write the choice into its file, swap, and print the network."""
    from bench.report import network_table
    from bench.report.render import load, render
    from bench.report.sections.study import Study
    from bench.run.network import ENTRY, swap
    from bench.terminal import network as table
    from bench.terminal.console import print_json
    from bench.terminal.sweep import show_files

    with advising(f"its visits are kept; to see them: convcost report {ended.folder}"):
        page, run = render(ended.folder, progress.reports), load(ended.folder)
    study, known = Study.of(run), run.meta[ENTRY]
    tables = network_table.tables(study, found.listing.names, *limits)
    best = network_table.choice_of(tables, ended.folder.name)
    if choice is not None and best is not None:
        best.save(choice)
    swapped = swap(found, ended.folder, best, rivals) if rivals else None
    if as_json:
        groups = [network_table.as_dict(one, study, known) for one in tables]
        over = network_table.swapped_over_alone(tables, swapped) if swapped and "sides_s" in swapped else None
        plain = {"choice": best and best.as_dict(), "swap": swapped, "swapped_over_alone": over and list(over)}
        print_json({"run": str(ended.folder), "report": str(page), "network": known, "groups": groups, **plain})
    else:
        table.show(tables, study, found.listing, known)
        table.show_swap(swapped, tables)
        show_files(ended, run, page, progress)
        table.show_choice(best, choice)
