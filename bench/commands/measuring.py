"""Commands that measure, and render what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, app, command_line, print_json
from bench.options import (
    AsJson,
    Bias,
    Budget,
    Cache,
    Calls,
    CpuCores,
    CpuIdleW,
    CpuMaxW,
    Devices,
    Energy,
    EnergyWindow,
    EnergyWindows,
    GPerKwh,
    Grid,
    Implementations,
    InProcess,
    Layouts,
    Load,
    MaxJoules,
    MaxSeconds,
    NoEnergy,
    Precisions,
    PricePerHour,
    PricePerKwh,
    Processes,
    Pue,
    Seed,
    StepTimeout,
    TargetCi,
    Threads,
)


@app.command()
def sweep(
    what: Annotated[
        str, typer.Argument(help="A built-in sweep or layer set, or a .toml, .txt or .csv file.")
    ] = "quick",
    axes: Annotated[
        list[str] | None,
        typer.Option("-a", "--axis", help="Axis that overrides the file's, as in kernel=1,3,5."),
    ] = None,
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    max_seconds: MaxSeconds = None,
    budget: Budget = None,
    target_ci: TargetCi = None,
    processes: Processes = None,
    cache: Cache = None,
    seed: Seed = None,
    load: Load = None,
    bias: Bias = False,
    energy: Energy = None,
    no_energy: NoEnergy = False,
    energy_window: EnergyWindow = None,
    energy_windows: EnergyWindows = None,
    cpu_idle_w: CpuIdleW = None,
    cpu_max_w: CpuMaxW = None,
    cpu_cores: CpuCores = None,
    max_joules: MaxJoules = None,
    grid: Grid = None,
    g_per_kwh: GPerKwh = None,
    price_per_kwh: PricePerKwh = None,
    price_per_hour: PricePerHour = None,
    pue: Pue = None,
    results: Annotated[Path, typer.Option("--results", help="Where runs are kept.")] = Path("results"),
    reports: Annotated[Path, typer.Option("--reports", help="Where pages are kept.")] = Path("reports"),
    resume: Annotated[Path | None, typer.Option("--resume", help="Go on with this unfinished run.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List built-in sweeps and layer sets.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the cases and stop.")] = False,
) -> None:
    """Measure a sweep and render its report.

    Example: convcost sweep quick -a kernel=1,3,5 -a 'channels[pow2]=[4:7]'
    """
    from bench import sweeping
    from bench.cost.rates import rates
    from bench.orders import Choices, PowerFigures

    if listing:
        return sweeping.show_names()
    choices = Choices(
        axes=axes or (), implementations=implementations or (), devices=devices or (), precisions=precisions or (),
        layouts=layouts or (), threads=threads, step_timeout=step_timeout, max_seconds=max_seconds,
        target_rel_ci=target_ci, processes=processes, cache=cache, seed=seed, bias=bias, load=load or (), budget=budget,
        energy="none" if no_energy else energy, energy_window_s=energy_window, energy_windows=energy_windows,
        power=PowerFigures(cpu_idle_w, cpu_max_w, cpu_cores),
        rates=rates(grid, g_per_kwh, price_per_kwh, price_per_hour, pue),
    )  # fmt: skip
    order = sweeping.order_for(what, choices, command_line(), resume)
    if dry_run:
        return sweeping.show_cases(order)
    raise typer.Exit(FINE if sweeping.run(order, results, reports, resume, max_joules) else WRONG)


@app.command()
def measure(
    descriptor: Annotated[str, typer.Argument(help="The problem, in benchdnn's notation.")],
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    max_seconds: MaxSeconds = None,
    target_ci: TargetCi = None,
    processes: Processes = None,
    cache: Cache = None,
    seed: Seed = None,
    load: Load = None,
    bias: Bias = False,
    as_json: AsJson = False,
    in_process: InProcess = False,
    calls: Calls = None,
) -> None:
    """Measure one problem by all implementations: a sorted table with the ratio to the best.

    Example: convcost measure mb1ic64ih56oc64kh3ph1

    For profilers: convcost measure mb1ic64ih56oc64kh3ph1 --in-process --calls 9
    """
    from bench import measure as measuring
    from bench import profiling
    from bench.orders import Choices, for_problem
    from bench.run import failures

    choices = Choices(
        implementations=implementations or (), devices=devices or (), precisions=precisions or (),
        layouts=layouts or (), threads=threads, step_timeout=step_timeout, max_seconds=max_seconds,
        target_rel_ci=target_ci, processes=processes, cache=cache, seed=seed, bias=bias, load=load or (),
    )  # fmt: skip
    unused = {
        "--max-seconds": max_seconds, "--target-ci": target_ci, "--processes": processes, "--cache": cache,
        "--json": as_json, "--step-timeout": step_timeout,
    }  # fmt: skip
    profiling.require_options(in_process, calls, unused)
    if in_process:
        raise typer.Exit(WRONG if profiling.run(for_problem(descriptor, choices, command_line()), calls) else FINE)
    measured = measuring.measure(for_problem(descriptor, choices, command_line()))
    print_json(measuring.as_json(measured)) if as_json else measuring.show(measured)
    raise typer.Exit(WRONG if failures(row for rows in measured.cases for row in rows) else FINE)


@app.command()
def report(
    run: Annotated[Path | None, typer.Argument(help="A run's folder; the newest one by default.")] = None,
    grid: Grid = None,
    g_per_kwh: GPerKwh = None,
    price_per_kwh: PricePerKwh = None,
    price_per_hour: PricePerHour = None,
    pue: Pue = None,
    results: Annotated[Path, typer.Option("--results", help="Where runs are kept.")] = Path("results"),
    reports: Annotated[Path, typer.Option("--reports", help="Where pages are kept.")] = Path("reports"),
) -> None:
    """Render a run as one HTML page and a Markdown summary; with a grid or prices, at these and not the run's own.

    Example: convcost report results/20260101T120000Z-host-quick --grid FR
    """
    from bench import sweeping
    from bench.cost.rates import rates
    from bench.store import runs

    at = rates(grid, g_per_kwh, price_per_kwh, price_per_hour, pue)
    typer.echo(sweeping.render(run or runs.latest(results), reports, at))
