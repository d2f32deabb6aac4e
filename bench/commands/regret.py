"""The command `convcost regret`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import HOW_LONG, AsJson, Load, MaxSeconds, Results, Seed, StepTimeout, Threads


@command("convcost regret --quick", "convcost regret --seed 7 --max-seconds 2")
def regret(
    quick: Annotated[
        bool, typer.Option("--quick", rich_help_panel=HOW_LONG, help="Measure 30 shapes instead of 200.")
    ] = False,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = None,
    load: Load = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Compare `auto` with the best of its choices on random shapes.

    The shapes run on the CPU, and `auto` was not fitted to them. Exit 1 if `auto` is too slow or a result is wrong.
    While other programs are busy, too slow is undecided.
    """
    from bench.kernels import benchmark
    from bench.predict import regret as regrets
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.regret import show
    from bench.worker.shared_settings import load_plugins

    used = settings_for(threads, load or (), step_timeout)
    load_plugins(used.load)
    # Checked before minutes of measuring.
    benchmark.require_place(results)
    asked = regrets.trials(quick=quick, seed=seed, max_seconds=max_seconds)
    found = regrets.run(asked, used, print_error)
    file = benchmark.store(found.as_dict(), results, "-auto")
    print_json(found.as_dict()) if as_json else show(found, file)
    raise typer.Exit(FINE if found.is_fine else WRONG)
