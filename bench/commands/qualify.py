"""`convcost qualify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import HOW_LONG, AsJson, Device, Results, Seed, StepTimeout, Threads


@command("convcost qualify --quick", "convcost qualify --threads 1 --json")
def qualify(
    quick: Annotated[
        bool, typer.Option("--quick", rich_help_panel=HOW_LONG, help="Three minutes instead of half an hour.")
    ] = False,
    device: Device = "cpu",
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    seed: Seed = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure how far the timing can be trusted on this machine; exit 1 if it misses a limit.

    Equal plans are timed against each other, and plans with a known slowdown, on a quiet machine and with one core kept
    busy, compared with torch's Timer at the same time budget. Whole runs in between show how much two runs differ.
    Close other programs first.
    """
    from bench.machine import devices
    from bench.qualify import qualification
    from bench.qualify.questions import FULL, QUICK
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.qualify import show

    used, device = settings_for(threads, step_timeout=step_timeout), devices.require(device)
    # Before half an hour of measuring, not after.
    qualification.require_place(results)
    found = qualification.qualify(QUICK if quick else FULL, used, 0 if seed is None else seed, print_error, device)
    file = qualification.store(found, results)
    print_json(found.as_dict()) if as_json else show(found, file)
    raise typer.Exit(WRONG if found.is_missed else FINE)
