"""The command `convcost measure`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.injection import with_overrides, with_problem
from bench.commands.options import WHERE, AsJson, Calls, InProcess

if TYPE_CHECKING:
    from bench.sweep.overrides import Overrides

_OF_SWEEPS = ("axes", "budget", "energy", "no_energy", "energy_window_s", "energy_windows")
_OF_POWER = ("cpu_idle_w", "cpu_max_w", "cpu_cores")


@command(
    "convcost measure mb1ic64ih56oc64kh3ph1",
    "convcost measure mb1ic64ih56oc64kh3ph1 -i direct --in-process --calls 9   # for perf, nsys or VTune",
)
@with_problem
@with_overrides(*_OF_SWEEPS, *_OF_POWER)
def measure(
    *,
    problem: str,
    overrides: Overrides,
    in_process: InProcess = False,
    calls: Calls = None,
    wide: Annotated[
        bool, typer.Option("--wide", rich_help_panel=WHERE, help="Print every column of the table.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare all implementations on one problem, fastest first.

    Exit 1 if a result is wrong.
    """
    from bench.run import in_process as profiling
    from bench.run import measure as measuring
    from bench.sweep.jobs import for_problem
    from bench.terminal import in_process as line
    from bench.terminal import measure as table
    from bench.terminal.console import print_json

    profiling.require_options(in_process, calls, overrides, as_json=as_json)
    job = for_problem(problem, overrides, command_line())
    if in_process:
        failed = [line.show(profiled) for profiled in profiling.profile(job, calls or 1)]
        raise typer.Exit(WRONG if any(failed) else FINE)
    measured = measuring.measure(job)
    print_json(measuring.as_json(measured)) if as_json else table.show(measured, wide=wide)
    raise typer.Exit(WRONG if measured.faults else FINE)
