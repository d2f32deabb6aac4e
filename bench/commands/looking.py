"""Commands that look: at implementations, at a stack of layers, at the machine."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, app, print_json
from bench.options import AsJson, Bias, Devices, Load, Precisions, StepTimeout, Threads


@app.command()
def impls(
    device: Annotated[str | None, typer.Option("--device", help="Only those that run on cpu or cuda.")] = None,
    load: Load = None,
    as_json: AsJson = False,
) -> None:
    """List the implementations.

    Example: convcost impls --device cpu
    """
    from bench import catalogue

    entries = catalogue.entries(device, load or [])
    print_json(entries) if as_json else catalogue.show(entries)


@app.command()
def count(
    descriptors: Annotated[list[str], typer.Argument(help="Layers in order, in benchdnn's notation.")],
    bias: Bias = False,
    precision: Annotated[str, typer.Option("-p", "--precision", help="For bytes.")] = "fp32",
    check: Annotated[bool, typer.Option("--check", help="Compare MACs with fvcore; exit 1 if they differ.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count outputs, parameters, MACs, direct and executed FLOPs, bytes and the receptive field of the stack.

    Example: convcost count mb1ic3ih224oc64oh112kh7sh2ph3 mb1ic64ih56oc64kh3ph1
    """
    from bench import count as counting

    layers = counting.count(descriptors, bias=bias, precision=precision, check=check)
    print_json(layers) if as_json else counting.show(layers)
    differences = counting.disagreements(layers)
    for text in differences:
        typer.echo(text, err=True)
    raise typer.Exit(WRONG if differences else FINE)


@app.command()
def calibrate(
    devices: Devices = None,
    precisions: Precisions = None,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    as_json: AsJson = False,
) -> None:
    """Measure the ceilings of this machine: FLOP/s of each precision, bandwidth of each cache and of the memory.

    Example: convcost calibrate -p fp32 --threads 1
    """
    from bench import ceilings
    from bench.orders import settings_for

    found = ceilings.measure(devices or (), precisions or (), settings_for(threads, step_timeout=step_timeout))
    print_json(ceilings.as_json(found)) if as_json else ceilings.show(found)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what can be measured on this machine, what would be modelled, and what stands in the way.

    A few seconds; close other programs first, or it will say so.

    Example: convcost doctor
    """
    from bench.doctor import examination

    found = examination.examine()
    print_json(found.as_dict()) if as_json else examination.show(found)
