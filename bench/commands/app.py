"""The application that commands join, their exit codes, and how their help reads."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from bench.version import __version__

FINE, WRONG, USAGE, INFRASTRUCTURE = 0, 1, 2, 3

app = typer.Typer(
    name="convcost",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Measure what convolutions (forward pass) really cost: each proven right, then timed.",
)


class _Command(TyperCommand):
    """A command whose help lists its options under headings, and examples last."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                heading = "Arguments" if is_argument else getattr(parameter, "rich_help_panel", None) or "Options"
                panels.setdefault(heading, []).append(record)
        for heading, records in panels.items():
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Examples"):
            for line in (self.epilog or "").splitlines():
                # Whole lines, however narrow the terminal: they are to be copied.
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def command(*examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the command of its name, with examples for its help."""
    return app.command(cls=_Command, epilog="\n".join(examples))


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
    """Measure what convolutions (forward pass) really cost: each proven right, then timed."""


def command_line() -> str:
    """The command as the user typed it."""
    return shlex.join(["convcost", *sys.argv[1:]])
