"""`convcost kernels`."""

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


@command("convcost kernels --quick --class winograd-large", "convcost kernels -i direct --limit 10m")
def kernels(
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class", rich_help_panel=WHAT, help="Class of shapes, as in winograd-14; repeatable. All by default."
        ),
    ] = None,
    implementations: Implementations = None,
    device: Device = "cpu",
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", rich_help_panel=HOW_LONG, help="Two shapes of each class: two minutes instead of twenty."
        ),
    ] = False,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    limit: Limit = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = None,
    load: Load = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Compare our kernels with oneDNN and torch, or cuDNN, class by class; exit 1 if one is wrong or misses a limit.

    All candidates of a shape (on the CPU in both layouts, on CUDA channels last) are proven right, timed in the same
    blocks by worker processes, and judged again. Close other programs first.
    """
    from bench.kernels import benchmark, shapes
    from bench.kernels.suite import SUITES
    from bench.machine import devices
    from bench.sweep.duration import limit_seconds
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.kernels import show
    from impls import load_file

    used, limit_s = settings_for(threads, load or (), step_timeout), limit_seconds(limit)
    for path in used.load:
        load_file(path)
    suite = SUITES[devices.require(device)]
    chosen, own = shapes.chosen(classes or (), quick=quick, device=device), suite.own(implementations or ())
    # Before minutes of measuring, not after.
    benchmark.require_place(results)
    shape_s = max_seconds if max_seconds is not None else benchmark.QUICK_S if quick else benchmark.FULL_S
    asked = benchmark.trials_of(chosen, own, shape_s, 0 if seed is None else seed, suite)
    compared = benchmark.run(asked, own, used, print_error, suite, limit_s)
    file = benchmark.store(compared.as_dict(), results)
    print_json(compared.as_dict()) if as_json else show(compared, file)
    raise typer.Exit(FINE if compared.is_fine else WRONG)
