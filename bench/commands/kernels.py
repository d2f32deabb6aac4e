"""The command `convcost kernels`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import (
    HOW_LONG,
    WHAT,
    AsJson,
    Device,
    Implementations,
    Limit,
    Load,
    MaxSeconds,
    Results,
    Seed,
    StepTimeout,
    Threads,
)
from bench.commands.parsing import whole_number

_Runs = Annotated[
    int | None,
    typer.Option(
        "--runs",
        metavar="N",
        parser=whole_number(1, 100),
        rich_help_panel=HOW_LONG,
        help="Runs that share the time, each in new processes, 3 by default; their scatter gives the intervals.",
    ),
]
_List = Annotated[
    str | None,
    typer.Option(
        "--list",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Shapes: networks (layers at their own size), sizes (other sizes of image, channel counts that are no "
        "multiple of 16), or extended (both), the default on the CPU.",
    ),
]
_BusyCore = Annotated[
    bool,
    typer.Option(
        "--busy-core",
        rich_help_panel=HOW_LONG,
        help="Repeat each run with one core kept busy in bursts, as another program would: twice the time.",
    ),
]


@command("convcost kernels --quick --class winograd-large", "convcost kernels -i direct --limit 10m")
def kernels(
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Class of shapes, as in winograd-14; repeatable; all by default.",
        ),
    ] = None,
    list_name: _List = None,
    implementations: Implementations = None,
    device: Device = "cpu",
    quick: Annotated[
        bool,
        typer.Option("--quick", rich_help_panel=HOW_LONG, help="Measure two shapes of each class, in ten minutes."),
    ] = False,
    runs: _Runs = None,
    busy_core: _BusyCore = False,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    limit: Limit = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = None,
    load: Load = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Compare our kernels with oneDNN and torch, or with cuDNN.

    Worker processes check all kernels of a shape, time them in the same blocks, and check them again: on the CPU in
    both layouts, on CUDA in nhwc. All of it is done in several runs: a single one has no intervals. Limits are on the
    geometric mean of a class and on its 10 % quantile. Exit 1 if a kernel is wrong or misses a limit; while other
    programs are busy that is undecided. Close them first.
    """
    from bench.kernels import benchmark, shapes
    from bench.kernels.suite import SUITES
    from bench.machine import devices
    from bench.sweep.duration import limit_seconds
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.kernels import show
    from bench.worker import elsewhere

    used, limit_s = settings_for(threads, load or (), step_timeout), limit_seconds(limit)
    elsewhere.load(used.load)
    suite = SUITES[devices.require(device)].on(shapes.require_list(list_name, device))
    chosen = shapes.chosen(classes or (), quick=quick, device=device, name=suite.list_name)
    own = suite.own(implementations or ())
    # Checked before minutes of measuring.
    benchmark.require_place(results)
    shape_s = max_seconds if max_seconds is not None else benchmark.QUICK_S if quick else benchmark.FULL_S
    runs = benchmark.RUNS if runs is None else runs
    asked = benchmark.trials_of(chosen, own, shape_s, 0 if seed is None else seed, suite, runs)
    compared = benchmark.run(asked, own, used, print_error, suite, limit_s, runs, busy_core=busy_core)
    file = benchmark.store(compared.as_dict(), results)
    print_json(compared.as_dict()) if as_json else show(compared, file)
    raise typer.Exit(FINE if compared.is_fine else WRONG)
