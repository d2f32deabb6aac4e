"""The options of `convcost compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import WHAT, WHERE
from bench.commands.parsing import number, run_folder

Runs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="RUNS", parser=run_folder, help="Folders or URIs of two runs: the old one and the new one."),
]
Old = Annotated[
    list[Path] | None,
    typer.Option(
        "--old", metavar="RUNS", parser=run_folder, rich_help_panel=WHAT, help="Runs of the old side, one or more."
    ),
]
New = Annotated[
    list[Path] | None,
    typer.Option(
        "--new", metavar="RUNS", parser=run_folder, rich_help_panel=WHAT, help="Runs of the new side, one or more."
    ),
]
Across = Annotated[
    list[str] | None,
    typer.Option(
        "--across",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Allow a difference between the sides that is refused otherwise, as in torch or cpu; repeatable.",
    ),
]
Control = Annotated[
    list[str] | None,
    typer.Option(
        "--control",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Implementation that cannot have changed, in place of torch, onednn and cudnn at equal versions; "
        "repeatable.",
    ),
]
Gate = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Quantity to test: time, joules (measured ones), plan, memory or error; repeatable; by default time "
        "and joules.",
    ),
]
Margin = Annotated[
    float,
    typer.Option(
        "--margin",
        metavar="PERCENT",
        parser=number(0.01, 100),
        rich_help_panel=WHAT,
        help="Changes within so many per cent are the same.",
    ),
]
RequireDecision = Annotated[
    bool,
    typer.Option("--require-decision", rich_help_panel=WHAT, help="Exit 4 if anything tested is undecided."),
]
Every = Annotated[bool, typer.Option("--all", rich_help_panel=WHERE, help="Show every row.")]
AsMarkdown = Annotated[
    bool, typer.Option("--markdown", rich_help_panel=WHERE, help="Print Markdown for a pull request.")
]
Annotate = Annotated[
    bool,
    typer.Option("--github", rich_help_panel=WHERE, help="Print annotations for GitHub too, one a regression."),
]
