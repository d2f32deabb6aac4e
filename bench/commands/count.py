"""The command `convcost count`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.injection import with_problems
from bench.commands.options import WHAT, AsJson, Bias, Wide


@command(
    "convcost count mb1ic3ih224oc64oh112kh7sh2ph3 mb1ic64ih56oc64kh3ph1 --check",
    "convcost count resnet-50 --precision bf16",
)
@with_problems()
def count(
    *,
    problems: list[str],
    bias: Bias = False,
    precision: Annotated[
        str | None,
        typer.Option(
            "-p",
            "--precision",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Precision that sets the bytes; fp32 by default.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", rich_help_panel=WHAT, help="Compare the MACs with those of fvcore.")
    ] = False,
    executed: Annotated[
        bool,
        typer.Option(
            "--executed",
            rich_help_panel=WHAT,
            help="Count the work of each implementation, also for more than 200 different layers.",
        ),
    ] = False,
    wide: Wide = False,
    as_json: AsJson = False,
) -> None:
    """Count the FLOPs, bytes and parameters of layers; run nothing.

    A problem may also be a layer set or a file of layers. The tables show the MACs, parameters and totals,
    and the FLOPs that each implementation executes. Notes name the places where layers do not simply follow each other;
    the last line says whether they chain. Exit 1 if --check finds a difference.
    """
    from bench.cost import layers as counting
    from bench.sweep.problem_texts import layer_sets, require_precisions
    from bench.terminal.console import print_error, print_json
    from bench.terminal.count import show

    sets = layer_sets(problems, bias=bias)
    require_precisions([layer.precision for one in sets for layer in one.layers], precision and [precision])
    counted = counting.count(sets, precision=precision or "fp32", check=check, executed=executed)
    differences = counting.disagreements(counted["layers"])
    # Before the tables: the last line is the verdict.
    for text in differences:
        print_error(text)
    print_json(counted) if as_json else show(counted, wide=wide)
    raise typer.Exit(WRONG if differences else FINE)
