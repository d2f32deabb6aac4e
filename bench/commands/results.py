"""`convcost results`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, INFRASTRUCTURE, command
from bench.commands.options import WHERE, Results
from bench.commands.parsing import local_folder, run_folder
from bench.errors import UsageError, refuse_useless
from impls.errors import did_you_mean

_ACTIONS = ("list", "show", "check", "repair", "merge")


@command(
    "convcost results check results/RUN",
    "convcost results merge results/RUN-A results/RUN-B --to results/both",
)
def results(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="list, show, check, repair or merge.")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN", parser=run_folder, help="Folders or URIs of runs; without one, all runs in --results."
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FOLDER", parser=local_folder, rich_help_panel=WHERE, help="Folder of the merged run."
        ),
    ] = None,
    results: Results = Path("results"),
) -> None:
    """List, check, repair or merge runs on disk.

    list and show tell what a run has; check proves every line of its journal and its tables, and exits 3 for damage.
    repair sets damaged lines aside in a file of the run's folder, keeps the rest and makes the tables anew; the cases
    of lost lines are measured again by convcost sweep --resume. merge puts runs of like machines into one.
    """
    from bench.store import contents, merge, repair
    from bench.terminal import results as terminal

    if action not in _ACTIONS:
        meant = did_you_mean(action, _ACTIONS)
        raise UsageError(f"there is no action {action!r}{meant}; allowed: {', '.join(_ACTIONS)}")
    if action != "merge" and to is not None:
        refuse_useless("only merge makes a folder", ["--to"])
    if action in ("repair", "merge") and not folders:
        raise UsageError(f"{action} needs the folders of runs; to see them: convcost results list")
    chosen = folders or contents.folders_in(results)
    if action == "merge":
        if to is None:
            raise UsageError("merge needs a folder for the merged run; add --to results/NAME")
        terminal.show_merged(merge.merge(chosen, to))
        return
    if action == "repair":
        for folder in chosen:
            terminal.show_repaired(repair.repair_run(folder))
        return
    found = [contents.examine(folder, proves=action == "check") for folder in chosen]
    (terminal.show_list if action == "list" else terminal.show_each)(found)
    raise typer.Exit(INFRASTRUCTURE if any(one.damage for one in found) and action == "check" else FINE)
