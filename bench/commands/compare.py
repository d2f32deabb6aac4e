"""The command `convcost compare`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from bench.commands.app import FINE, UNDECIDED, WRONG, command
from bench.commands.combinations import Useless, beside, refuse_combinations
from bench.commands.compare_options import (
    Across,
    Annotate,
    AsMarkdown,
    Control,
    Every,
    Gate,
    Margin,
    New,
    Old,
    RequireDecision,
    Runs,
)
from bench.commands.options import AsJson, Page, Results
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
    runs: Runs = None,
    *,
    old: Old = None,
    new: New = None,
    across: Across = None,
    control: Control = None,
    gate: Gate = None,
    margin: Margin = 2.0,
    require_decision: RequireDecision = False,
    every: Every = False,
    as_markdown: AsMarkdown = False,
    annotate: Annotate = False,
    page: Page = None,
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
    from bench.report.changes.told import ToldChanges
    from bench.terminal import compare as terminal
    from bench.terminal.console import print_json
    from bench.terminal.pages import show_changes

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
    undecided = UNDECIDED if require_decision else FINE
    code = {GateOutcome.WORSE: WRONG, GateOutcome.UNDECIDED: undecided, GateOutcome.FINE: FINE}[found.outcome]
    if page is not None:
        show_changes(found, ToldChanges.of_runs(found, code), page)
    raise typer.Exit(code)


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
