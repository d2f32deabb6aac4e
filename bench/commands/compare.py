"""The command `convcost compare`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, UNDECIDED, WRONG, command
from bench.commands.combinations import Useless, beside, refuse_combinations
from bench.commands.options import WHAT, WHERE, AsJson, Results
from bench.commands.parsing import number
from bench.errors import UsageError

_USELESS = (
    Useless("--json prints data for programs", beside("--json"), ("--markdown", "--all", "--github")),
    Useless("two folders are the old and the new side already", beside("RUNS"), ("--old", "--new")),
)


@command(
    "convcost compare results/old results/new",
    "convcost compare --old results/a1 results/a2 results/a3 --new results/b1 results/b2 results/b3 --require-decision",
)
def compare(
    context: typer.Context,
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUNS", help="Folders of two runs: the old one and the new one.")
    ] = None,
    *,
    old: Annotated[
        list[Path] | None,
        typer.Option("--old", metavar="RUNS", rich_help_panel=WHAT, help="Runs of the old side, one or more."),
    ] = None,
    new: Annotated[
        list[Path] | None,
        typer.Option("--new", metavar="RUNS", rich_help_panel=WHAT, help="Runs of the new side, one or more."),
    ] = None,
    across: Annotated[
        list[str] | None,
        typer.Option(
            "--across",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Allow a difference between the sides that is refused otherwise, as in torch or cpu; repeatable.",
        ),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Implementation that cannot have changed, in place of torch, onednn and cudnn at equal versions; "
            "repeatable.",
        ),
    ] = None,
    gate: Annotated[
        list[str] | None,
        typer.Option(
            "--gate",
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Quantity to test: time, joules (measured ones), plan, memory or error; repeatable; by default time "
            "and joules.",
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            "--margin",
            metavar="PERCENT",
            parser=number(0.01, 100),
            rich_help_panel=WHAT,
            help="Changes within so many per cent are the same.",
        ),
    ] = 2.0,
    require_decision: Annotated[
        bool,
        typer.Option("--require-decision", rich_help_panel=WHAT, help="Exit 4 if anything tested is undecided."),
    ] = False,
    every: Annotated[bool, typer.Option("--all", rich_help_panel=WHERE, help="Show every row.")] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", rich_help_panel=WHERE, help="Print Markdown for a pull request.")
    ] = False,
    annotate: Annotated[
        bool,
        typer.Option("--github", rich_help_panel=WHERE, help="Print annotations for GitHub too, one a regression."),
    ] = False,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Tell whether the new runs are slower than the old ones.

    Of unchanged code, at most one comparison in twenty calls anything slower or faster, however many rows it has. What
    all rows share is told first, then each row: slower, faster, the same within the margin, or undecided. Exit 1 if
    anything is slower, or was right and is wrong.
    """
    from bench.compare.comparison import ComparisonTerms, GateOutcome, compare_folders, quantity_named
    from bench.qualify.newest import threshold_between_runs
    from bench.terminal import compare as terminal
    from bench.terminal.console import print_json

    refuse_combinations(context, *_USELESS)
    before, after = _sides(runs or [], old or [], new or [])
    defaults = ComparisonTerms()
    terms = ComparisonTerms(
        tuple(across or ()), tuple(control or ()), tuple(map(quantity_named, gate)) if gate else defaults.gate,
        margin / 100, partial(threshold_between_runs, results),
    )  # fmt: skip
    found = compare_folders(before, after, terms)
    if as_json:
        print_json(found.as_dict())
    else:
        (terminal.show_markdown if as_markdown else terminal.show)(found, every=every)
    if annotate:
        terminal.show_annotations(found)
    if found.outcome is GateOutcome.WORSE:
        raise typer.Exit(WRONG)
    raise typer.Exit(UNDECIDED if require_decision and found.outcome is GateOutcome.UNDECIDED else FINE)


def _sides(runs: list[Path], old: list[Path], new: list[Path]) -> tuple[list[Path], list[Path]]:
    """Both sides. Raises UsageError unless there are two folders, or folders for both options."""
    if runs and len(runs) != 2:
        raise UsageError(
            f"{len(runs)} {'run was' if len(runs) == 1 else 'runs were'} given; a comparison has two: convcost compare "
            "OLD NEW, or several a side: convcost compare --old A B --new C D"
        )
    if not runs and not (old and new):
        raise UsageError(
            "no runs for both sides were given; type: convcost compare OLD NEW, or --old A B and --new C D, with the "
            "folders of runs"
        )
    return (runs[:1], runs[1:]) if runs else (old, new)
