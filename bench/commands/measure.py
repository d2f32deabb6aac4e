"""The command `convcost measure`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.combinations import Useless, beside, refuse_combinations
from bench.commands.injection import with_overrides, with_problem
from bench.commands.options import LONGEST_S, PROFILERS, WHAT, AsJson, Wide
from bench.commands.parsing import number, whole_number

if TYPE_CHECKING:
    from bench.sweep.overrides import Overrides

_OF_SWEEPS = ("axes", "budget", "energy", "no_energy", "energy_window_s", "energy_windows")
_OF_POWER = ("cpu_idle_w", "cpu_max_w", "cpu_cores")
# Options that change how something is measured.
_OF_MEASURING = (
    "--predict", "--set", "--max-seconds", "--target-ci", "--processes", "--step-timeout", "--cache", "--malloc",
    "--wide", "--json",
)  # fmt: skip
_USELESS = (
    Useless("with --in-process nothing is measured", beside("--in-process"), _OF_MEASURING),
    Useless("--json has every column", beside("--json"), ("--wide",)),
)

_InProcess = Annotated[
    bool,
    typer.Option(
        "--in-process",
        rich_help_panel=PROFILERS,
        help="Plan and call in this process, for a profiler to watch; nothing is measured.",
    ),
]
_Calls = Annotated[
    int | None,
    typer.Option(
        "--calls",
        metavar="N",
        parser=whole_number(1),
        rich_help_panel=PROFILERS,
        help="Calls of each implementation with --in-process, after its first; 1 by default.",
    ),
]
_Predict = Annotated[
    Path | None,
    typer.Option(
        "--predict",
        metavar="MODEL",
        rich_help_panel=WHAT,
        help="Also show what a model of `convcost fit` predicts.",
    ),
]
_Seconds = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        metavar="SECONDS",
        parser=number(0.001, LONGEST_S),
        rich_help_panel=PROFILERS,
        help="Call for this long with --in-process, in place of --calls.",
    ),
]


@command(
    "convcost measure mb1ic64ih56oc64kh3ph1",
    "convcost measure mb1ic64ih56oc64kh3ph1 -i direct --in-process --seconds 9   # for perf or VTune",
)
@with_problem
@with_overrides(*_OF_SWEEPS, *_OF_POWER)
def measure(
    *,
    context: typer.Context,
    problem: str,
    overrides: Overrides,
    in_process: _InProcess = False,
    calls: _Calls = None,
    seconds: _Seconds = None,
    predict: _Predict = None,
    wide: Wide = False,
    as_json: AsJson = False,
) -> None:
    """Compare all implementations on one problem, fastest first.

    Exit 1 if a result is wrong.
    """
    from bench.predict.beside import beside, model_of
    from bench.qualify.newest import difference_between_runs
    from bench.run import in_process as profiling
    from bench.run import measure as measuring
    from bench.sweep.jobs import for_problem
    from bench.terminal import beside as predicted
    from bench.terminal import in_process as line
    from bench.terminal import measure as table
    from bench.terminal.console import print_json
    from bench.terminal.sweep import show_skipped

    refuse_combinations(context, *_USELESS)
    loop = profiling.loop_for(in_process, calls, seconds)
    job = for_problem(problem, overrides, command_line())
    show_skipped(job)
    if loop is not None:
        with profiling.without_collector():
            failed = line.show(profiling.profile(job, loop))
        raise typer.Exit(WRONG if failed else FINE)
    model = model_of(predict)
    # The short table shows no rooflines, and someone waits for it.
    measured = measuring.measure(job, levels=wide or as_json)
    if as_json:
        print_json(measuring.as_json(measured, model))
    else:
        known = difference_between_runs(Path("results"), measured.cases[0][0].device)
        table.show(measured, between_runs=known, wide=wide)
        if model is not None:
            for rows in measured.cases:
                predicted.show(beside(model, rows))
    raise typer.Exit(WRONG if measured.faults else FINE)
