"""The command `convcost sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.commands.app import FINE, INFRASTRUCTURE, WRONG, command, command_line
from bench.commands.combinations import TWO_MODELS, Useless, beside, refuse_combinations, without
from bench.commands.energy_options import EnergyModel, MaxJoules
from bench.commands.fleet_options import FLEET_RULES, Address, Executors, Store
from bench.commands.injection import with_overrides, with_rates
from bench.commands.options import WHAT, AcceptChanges, AsJson, DryRun, Reports, Results, Resume, Trust
from bench.commands.parsing import words
from bench.errors import NOTHING_LEFT, advising
from bench.worker.executor import LOCAL

if TYPE_CHECKING:
    from bench.cost.rates import Rates
    from bench.run.sweep import Ended
    from bench.sweep.overrides import Overrides
    from bench.terminal.progress import SweepProgress

_What = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP",
        parser=words,
        help="A built-in sweep or layer set, a .toml file, a file of layers, or pasted text.",
    ),
]
_USELESS = (
    Useless("--list only lists what is built in", beside("--list"), ("--list",), all_but=True),
    Useless(
        "--resume continues a run with its own options",
        beside("--resume"),
        ("--resume", "--load", "--trust", "--accept-changes", "--max-joules", "--reports", "--store", "--json"),
        all_but=True,
    ),
    Useless("only a resumed run may be trusted", without("--resume"), ("--trust", "--accept-changes")),
    # A dry run takes every other option of the sweep that it stands for.
    Useless("--dry-run has no results to print", beside("--dry-run"), ("--json",)),
    Useless("--dry-run has no run to copy", beside("--dry-run"), ("--store",)),
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
    *FLEET_RULES,
)


@command(
    "convcost sweep quick -a kernel=1,3,5 -a 'channels[pow2]=[4:7]'",
    "convcost sweep resnet-50 -i direct -i winograd-f4 -i torch --budget 10m",
)
@with_rates
@with_overrides("settings")
def sweep(
    context: typer.Context,
    what: _What = "quick",
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
    resume: Resume = None,
    trust: Trust = False,
    accept_changes: AcceptChanges = False,
    executor: Executors = LOCAL,
    address: Address = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Measure a set of problems and write a report.

    It ends with what to use for each case, its gain over torch, and how sure that is. Exit 1 if a result is wrong.
    """
    refuse_combinations(context, *_USELESS)
    if executor != LOCAL:
        wanted = what, overrides, command_line(), rates, energy_model
        return _on_a_fleet(address, wanted, results, reports, store, dry_run=dry_run, as_json=as_json)
    with advising(NOTHING_LEFT if resume is None else f"{resume} is as it was"):
        from bench.run import sweep as running
        from bench.run.resume import job_to_resume
        from bench.store import pages
        from bench.store.remote import require_place
        from bench.sweep.jobs import for_sweep
        from bench.terminal import sweep as terminal
        from bench.terminal.progress import SweepProgress

        if listing:
            return terminal.show_names()
        if resume is None:
            job = for_sweep(what, overrides, command_line(), rates, energy_model)
        else:
            job = job_to_resume(resume, command_line(), overrides.load, trusts=trust, accepts_changes=accept_changes)
        if dry_run:
            return terminal.show_cases(job)
        terminal.warn(job)
        require_place(store)
        reports = pages.reports_for(resume.resolve().parent if resume else results, reports)
        running.require_folders(resume or results, reports)
    with SweepProgress(len(job.cases), job.config.rounds, reports, resume) as progress:
        ended = running.sweep(job, results, progress, resume, max_joules=max_joules)
    _show(ended, reports, progress, store, as_json=as_json)
    raise typer.Exit(FINE if progress.is_fine else WRONG)


def _show(ended: Ended, reports: Path, progress: SweepProgress, store: str | None, *, as_json: bool) -> None:
    """Render the page, print the results, and copy the run to the user's place if it is finished."""
    from bench.report.render import render
    from bench.run.sweep import as_json as plain
    from bench.store import runs
    from bench.terminal import sweep as terminal
    from bench.terminal.console import print_json

    with advising(f"its visits are kept; to see them: convcost report {ended.folder}"):
        page = render(ended.folder, reports)
    if as_json:
        print_json(plain(ended.folder, page))
    else:
        terminal.show_finished(ended, runs.load(ended.folder), page, progress)
    if not ended.is_stopped:
        _copy([ended.folder], store)


def _on_a_fleet(
    address: str | None,
    wanted: tuple[Any, ...],
    results: Path,
    reports: Path | None,
    store: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Measure on the machines of a cluster; `wanted` is the sweep as `order_for` takes it. Exit 3 if cases are lost."""
    from bench.fleet import plan, sweep
    from bench.fleet.order import order_for
    from bench.fleet.ray_executor import RayExecutor
    from bench.report.render import render
    from bench.run import sweep as running
    from bench.store import pages, runs
    from bench.store.remote import require_place
    from bench.store.status import Status
    from bench.terminal import fleet as terminal
    from bench.terminal.console import print_json

    order, reports = order_for(*wanted), pages.reports_for(results, reports)
    if not dry_run:
        require_place(store)
        running.require_folders(results, reports)
    with closing(RayExecutor(address)) as executor, advising(NOTHING_LEFT):
        planned = plan.plan(executor, order)
        if dry_run:
            return terminal.show_plan(planned)
        terminal.warn(planned)
        with advising(f"shards that were back are kept in {results}"):
            ended = sweep.sweep(executor, planned, results, terminal.FleetProgress(planned))
    found = [(one, runs.load(one.folder), render(one.folder, reports)) for one in ended if one.folder is not None]
    if as_json:
        print_json(terminal.as_json(ended, [running.as_json(run.path, page) for _, run, page in found]))
    else:
        for one, run, page in found:
            terminal.show_kind(one, run, page)
        for one in ended:
            terminal.show_lost(one)
    _copy([one.folder for one in ended if one.folder is not None and not one.lost], store)
    if any(one.lost for one in ended):
        raise typer.Exit(INFRASTRUCTURE)
    is_fine = not any(Status(status).is_fault for _, run, _ in found for status in run.measurements.status)
    raise typer.Exit(FINE if is_fine else WRONG)


def _copy(folders: Sequence[Path], store: str | None) -> None:
    """Copy finished runs to the user's place, if one was given; the copies are named on standard error."""
    from bench.store.remote import push
    from bench.terminal.console import print_error

    if store is not None:
        for folder in folders:
            print_error(f"copied to {push(folder, store)}")
