"""The command `convcost qualify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import HOW_LONG, AsJson, Device, Results, Seed, StepTimeout, Threads


@command("convcost qualify --quick", "convcost qualify --threads 1 --json")
def qualify(
    quick: Annotated[
        bool, typer.Option("--quick", rich_help_panel=HOW_LONG, help="Take 4 minutes instead of an hour.")
    ] = False,
    device: Device = "cpu",
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    seed: Seed = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Test how far to trust the results of this machine.

    Small sweeps, spread over an hour, compare equal candidates and some that are slower by exactly 1, 2, 3 and 5 %, on
    a quiet machine and with one core kept busy; and torch's Timer does so in the same time. Ctrl-C keeps the finished
    ones. Exit 1 if a limit is missed; while other programs are busy it is undecided. Close them first.
    """
    from bench.machine import devices
    from bench.qualify import qualification
    from bench.qualify.questions import FULL, QUICK
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.qualify import show

    used, device = settings_for(threads, step_timeout=step_timeout), devices.require(device)
    # Checked before an hour of measuring.
    qualification.require_place(results)
    found = qualification.qualify(QUICK if quick else FULL, used, 0 if seed is None else seed, print_error, device)
    file = qualification.store(found, results)
    print_json(found.as_dict()) if as_json else show(found, file)
    qualification.require_whole(found)
    raise typer.Exit(WRONG if found.is_missed else FINE)
