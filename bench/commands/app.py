"""The Typer application of all commands, their exit codes, and the layout of their help.

The list of commands is in bench/cli.py.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bench.commands.options import PANELS
from bench.terminal import console
from bench.version import __version__

FINE, WRONG, USAGE, INFRASTRUCTURE, UNDECIDED = 0, 1, 2, 3, 4

# Typer exports only one of its errors about typed words; the parent of that one covers all of them.
CommandLineError: Any = typer.BadParameter.__base__


class _Group(TyperGroup):
    """All commands, with a help that any terminal can show."""

    def get_help(self, ctx: Any) -> str:
        return console.plain(super().get_help(ctx))


app = typer.Typer(
    name="convcost",
    cls=_Group,
    # An empty command line shows the help: see `convcost` below.
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


# Options that take every word up to the next option, so that a shell may write a folder's runs as old/*.
_MANY = ("--old", "--new")
# Only pasted lines have this option: benchdnn names its driver by it.
_PASTED = "--conv"


class _Command(TyperCommand):
    """A command with its options under headings, in the same order everywhere, and with examples last."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        known = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        return super().parse_args(ctx, _one_each(args, [name for name in _MANY if name in known]))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        # Without the braces that Typer puts around a required argument.
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def get_help(self, ctx: Any) -> str:
        return console.plain(super().get_help(ctx))

    def panels(self, ctx: Any) -> dict[str, list[tuple[str, str]]]:
        """Arguments and options with their texts, by heading."""
        panels: dict[str, list[tuple[str, str]]] = {panel: [] for panel in PANELS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                # A hidden parameter.
                continue
            name, text = record
            if parameter.param_type_name == "argument":
                # Without the Python type that Typer adds.
                panels["Arguments"].append((name.partition(" ")[0], text))
            else:
                panels[getattr(parameter, "rich_help_panel", None) or "Options"].append((name, text))
        return {panel: records for panel, records in panels.items() if records}

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels = self.panels(ctx)
        width = max(len(name) for records in panels.values() for name, _ in records)
        for panel, records in panels.items():
            with formatter.section(panel):
                formatter.write_dl([(name.ljust(width), text) for name, text in records])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Examples"):
            for line in (self.epilog or "").splitlines():
                # Lines are never wrapped: readers copy them.
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _one_each(words: list[str], options: list[str]) -> list[str]:
    """The words with each of these options before each of its values: --old a b becomes --old a --old b."""
    found: list[str] = []
    many: str | None = None
    for word in words:
        if word.startswith("-"):
            many = word if word in options else None
        elif many is not None and found[-1] != many:
            found.append(many)
        found.append(word)
    return found


def command(*examples: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the command of its name, with examples for its help."""
    return app.command(cls=_Command, epilog="\n".join(examples))


def _print_version(is_given: bool) -> None:
    if is_given:
        console.print_line(f"convcost {__version__}")
        raise typer.Exit


@app.callback()
def convcost(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Measure the real cost of 2-D convolutions (forward pass): prove each result right, then time it."""
    if context.invoked_subcommand is None:
        console.print_error(context.get_help(), wrap=False)
        raise typer.Exit(USAGE)


def command_line() -> str:
    """The command as the user typed it."""
    return shlex.join(["convcost", *sys.argv[1:]])


def explain(error: Any) -> str:
    """One sentence on a CommandLineError, with the command that shows the help."""
    text = error.format_message().rstrip(".")
    place = error.ctx.command_path if error.ctx else "convcost"
    if _PASTED in " ".join(sys.argv).split():
        text += "; begin a pasted line with benchdnn, and put it in quotes"
    return f"{text[:1].lower()}{text[1:]}; for help type: {place} --help"
