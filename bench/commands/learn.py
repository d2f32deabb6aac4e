"""The command `convcost learn`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import HOW_LONG, WHAT, WHERE, MaxSeconds, Threads
from bench.commands.parsing import number, whole_number

_Times = Annotated[
    Path,
    typer.Option(
        "--times",
        metavar="FILE",
        rich_help_panel=WHERE,
        help="File of the measured times; remove it after a change of the kernels.",
    ),
]
_First = Annotated[
    int,
    typer.Option(
        "--first",
        metavar="N",
        parser=whole_number(1),
        rich_help_panel=HOW_LONG,
        help="Random shapes before the model chooses any.",
    ),
]

_Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number(0),
        rich_help_panel=WHAT,
        help="Seed of the random shapes; each seed continues where it stopped.",
    ),
]


@command("convcost learn --minutes 20", "convcost learn --minutes 0   # fit to the stored times again")
def learn(
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes",
            metavar="MINUTES",
            parser=number(0),
            rich_help_panel=HOW_LONG,
            help="Most measuring time; 0 measures nothing.",
        ),
    ] = 20.0,
    target: Annotated[
        float,
        typer.Option(
            "--target",
            metavar="SHARE",
            parser=number(0, 1),
            rich_help_panel=HOW_LONG,
            help="Stop when the model expects a good choice (at most 1.1 × the best) on this share of random shapes.",
        ),
    ] = 0.95,
    shapes: Annotated[
        int,
        typer.Option(
            "--shapes", metavar="N", parser=whole_number(1), rich_help_panel=HOW_LONG, help="Most shapes to measure."
        ),
    ] = 3_000,
    # Enough for a fit of the rarest precision.
    first: _First = 200,
    max_seconds: MaxSeconds = None,
    seed: _Seed = 1,
    threads: Threads = None,
    times: _Times = Path("results/kernels/fit-times.jsonl"),
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", rich_help_panel=WHERE, help="File of the cost model; that of `auto` by default."
        ),
    ] = None,
) -> None:
    """Measure this processor and fit the model of `auto` to it.

    After the first, random shapes, those are measured on which the best implementation is least sure.
    """
    from bench.predict import fit_times
    from bench.predict.learning import learn as learning
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error
    from bench.terminal.learn import show

    shape_s = fit_times.SECONDS if max_seconds is None else max_seconds
    lesson = learning.Lesson(minutes, shapes, seed, target, times, write, first, shape_s)
    show(learning.learn(lesson, settings_for(threads), print_error))
