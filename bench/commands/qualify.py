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
        bool, typer.Option("--quick", rich_help_panel=HOW_LONG, help="Take 3 minutes instead of 30.")
    ] = False,
    device: Device = "cpu",
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    seed: Seed = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Test how far to trust the timing on this machine.

    It compares equal plans, and plans with a known slowdown, on a quiet machine and with one core kept busy, and does
    the same with torch's Timer in the same time. Whole runs in between show how much two runs differ. Exit 1 if a limit
    is missed; while other programs are busy it is undecided. Close them first.
    """
    from bench.machine import devices
    from bench.qualify import qualification
    from bench.qualify.questions import FULL, QUICK
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.qualify import show

    used, device = settings_for(threads, step_timeout=step_timeout), devices.require(device)
    # Checked before half an hour of measuring.
    qualification.require_place(results)
    found = qualification.qualify(QUICK if quick else FULL, used, 0 if seed is None else seed, print_error, device)
    file = qualification.store(found, results)
    print_json(found.as_dict()) if as_json else show(found, file)
    raise typer.Exit(WRONG if found.is_missed else FINE)
