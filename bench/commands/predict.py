"""The command `convcost predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT, WHERE, AsJson, Bias, Devices, Implementations, Layouts, Precisions
from bench.commands.parsing import whole_number, words


@command(
    "convcost predict model.json mb1ic64ih56oc64kh3ph1",
    "convcost predict model.json resnet-50 --layout nhwc -o predicted.csv",
)
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="File that `convcost fit` wrote.")],
    layers: Annotated[
        list[str],
        typer.Argument(
            metavar="LAYERS", parser=words, help="Descriptors, .txt or .csv files of layers, or built-in layer sets."
        ),
    ],
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            metavar="N",
            parser=whole_number(1),
            rich_help_panel=WHAT,
            help="Only times with this number of threads.",
        ),
    ] = None,
    bias: Bias = False,
    each: Annotated[
        bool,
        typer.Option("--each", rich_help_panel=WHAT, help="A line for each implementation, not only the fastest."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", rich_help_panel=WHERE, help="CSV file to write.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict times of layers by a model; measure nothing.

    Intervals hold 90 % of times. Rows flagged `outside` are unlike those of the fit: their intervals promise nothing.
    """
    from bench.predict import expected_table, time_model
    from bench.predict.expected import expected
    from bench.sweep.timed_layers import layers_of
    from bench.terminal.console import print_json
    from bench.terminal.predict import as_data, show

    read = time_model.read(model)
    subjects = time_model.subjects_for(
        read, devices=devices, implementations=implementations, precisions=precisions, threads=threads
    )
    sets = layers_of(layers, bias=bias)
    found = [expected(read, subjects, own.layers, layouts or ["nchw"]) for own in sets]
    if output is not None:
        expected_table.write([one for own in found for one in own], output, read.quantity, each=each)
    if as_json:
        print_json(as_data(read, sets, found, each=each))
    else:
        show(read, sets, found, each=each, file=output)
