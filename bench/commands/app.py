"""What all commands share: the application, exit codes, JSON."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated, Any

import typer

from bench import __version__

FINE, WRONG, USAGE, INFRASTRUCTURE = 0, 1, 2, 3

app = typer.Typer(
    name="convcost",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What convolutions (forward pass) really cost: proven right, then measured.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"convcost {__version__}")
        raise typer.Exit


@app.callback()
def convcost(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What convolutions (forward pass) really cost: proven right, then measured."""


def say(text: str) -> None:
    """A line for whoever waits, beside the result."""
    typer.echo(text, err=True)


def command_line() -> str:
    """What was typed."""
    return shlex.join(["convcost", *sys.argv[1:]])


def print_json(data: Any) -> None:
    """The result for programs."""
    import json

    typer.echo(json.dumps(data, indent=2, allow_nan=False))
