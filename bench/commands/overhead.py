"""The command `convcost overhead`."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import HOW_LONG, AsJson
from bench.commands.parsing import whole_number
from bench.energy.plan import OVERHEAD_PAIRS


@command("convcost overhead", "convcost overhead --pairs 30 --json")
def overhead(
    pairs: Annotated[
        int,
        typer.Option(
            "--pairs",
            metavar="N",
            parser=whole_number(1),
            rich_help_panel=HOW_LONG,
            help="Pairs of a window with a meter and one without, 1 or more; a pair takes about a second.",
        ),
    ] = OVERHEAD_PAIRS,
    as_json: AsJson = False,
) -> None:
    """Measure how much an energy meter slows convolutions down.

    It times the same convolution with and without a meter, which takes some minutes. A machine without an energy
    counter gets two simulated ones, a fast and a slow one.
    """
    from bench.energy.meter import MeterError
    from bench.energy.overhead import measure_overhead
    from bench.errors import InfrastructureError
    from bench.machine.load import LoadWatch
    from bench.terminal.console import print_json
    from bench.terminal.overhead import failure, show

    watch = LoadWatch()
    try:
        found = measure_overhead(pairs)
    except MeterError as error:
        raise InfrastructureError(failure(error, watch.others())) from error
    print_json([entry.as_dict() for entry in found]) if as_json else show(found, watch.others())
