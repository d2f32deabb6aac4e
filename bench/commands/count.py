"""`convcost count`."""

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
    descriptors: Annotated[list[str], typer.Argument(help="Layers in order, in benchdnn's notation.")],
    bias: Bias = False,
    precision: Annotated[
        str, typer.Option("-p", "--precision", rich_help_panel=WHAT, help="The precision that bytes are counted in.")
    ] = "fp32",
    check: Annotated[
        bool, typer.Option("--check", rich_help_panel=WHAT, help="Compare MACs with fvcore; exit 1 if they differ.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Count outputs, parameters, MACs, direct and executed FLOPs, bytes and the receptive field of the stack."""
    from bench.cost import layers as counting
    from bench.terminal.console import print_error, print_json
    from bench.terminal.count import show

    layers = counting.count(descriptors, bias=bias, precision=precision, check=check)
    print_json(layers) if as_json else show(layers)
    differences = counting.disagreements(layers)
    for text in differences:
        print_error(text)
    raise typer.Exit(WRONG if differences else FINE)
