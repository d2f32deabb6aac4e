"""The options of `convcost network` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import RIVALS, WHAT, WHERE
from bench.commands.parsing import byte_size, number

Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SHAPE",
        rich_help_panel=WHAT,
        help="Shape of an input, as in 1x3x224x224 or 1x128:int64; repeatable, in the order of the model's inputs.",
    ),
]
Listing = Annotated[
    bool,
    typer.Option("--list", rich_help_panel=WHAT, help="List the operations with their costs on paper, and stop."),
]
Trust = Annotated[
    bool,
    typer.Option("--trust", rich_help_panel=WHAT, help="Read a .pt file, a pickle, which can run any code in it."),
]
Mlp = Annotated[
    bool,
    typer.Option("--mlp", rich_help_panel=WHAT, help="Show the dense network between the same maps beside it."),
]
MaxMemory = Annotated[
    int | None,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        parser=byte_size,
        rich_help_panel=WHAT,
        help="Also find the fastest mix whose plans and largest workspace fit into this, as in 64MiB.",
    ),
]
MaxError = Annotated[
    float | None,
    typer.Option(
        "--max-error",
        metavar="RMS",
        parser=number(0),
        rich_help_panel=WHAT,
        help="Also find the fastest mix with at most this rms error in each layer, relative to its output, as in 1e-6.",
    ),
]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="NAMES",
        rich_help_panel=RIVALS,
        help="Also swap the best of each layer into the module, prove it, and time the whole network against eager "
        "(torch in both layouts), compile (torch.compile), onnxruntime, openvino, several as in eager,compile, or all.",
    ),
]
Using = Annotated[
    str | None,
    typer.Option(
        "--using",
        metavar="CHOICE",
        rich_help_panel=RIVALS,
        help="Swap by auto (the cost model), measured (timed in the network), the name of an implementation, or a file "
        "that --choice wrote, in place of the best of each layer.",
    ),
]
Whole = Annotated[
    bool,
    typer.Option(
        "--whole",
        rich_help_panel=RIVALS,
        help="Time the whole network alone, which takes some minutes: no layer is measured, and --using is measured by "
        "default.",
    ),
]
BusyCore = Annotated[
    bool,
    typer.Option(
        "--busy-core",
        rich_help_panel=RIVALS,
        help="Keep one core busy in bursts, as another program would, while the whole network is timed.",
    ),
]
Choice = Annotated[
    Path | None,
    typer.Option(
        "--choice",
        metavar="FILE",
        rich_help_panel=WHERE,
        help="Write the best of each layer into this file, for impls.optimize(model, example, using=FILE).",
    ),
]
