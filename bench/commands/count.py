"""The command `convcost count`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import WHAT, AsJson, Bias


@command(
    "convcost count mb1ic3ih224oc64oh112kh7sh2ph3 mb1ic64ih56oc64kh3ph1",
    "convcost count mb1ic64ih56oc64kh3ph1 --precision bf16 --check",
)
def count(
    descriptors: Annotated[list[str], typer.Argument(metavar="LAYER", help="Layers in order, in benchdnn's notation.")],
    bias: Bias = False,
    precision: Annotated[
        str,
        typer.Option("-p", "--precision", metavar="NAME", rich_help_panel=WHAT, help="Precision that sets the bytes."),
    ] = "fp32",
    check: Annotated[
        bool, typer.Option("--check", rich_help_panel=WHAT, help="Compare the MACs with those of fvcore.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Count the FLOPs, bytes and parameters of layers; run nothing.

    The tables also show the output shapes, the MACs, the FLOPs that each implementation executes, and the receptive
    field of all layers together. Exit 1 if --check finds a difference.
    """
    from bench.cost import layers as counting
    from bench.terminal.console import print_error, print_json
    from bench.terminal.count import show

    layers = counting.count(descriptors, bias=bias, precision=precision, check=check)
    print_json(layers) if as_json else show(layers)
    differences = counting.disagreements(layers)
    for text in differences:
        print_error(text)
    raise typer.Exit(WRONG if differences else FINE)
