"""The command `convcost duet`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, UNDECIDED, WRONG, command, command_line
from bench.commands.combinations import Useless, beside, refuse_combinations, without
from bench.commands.compare_options import Margin, RequireDecision
from bench.commands.injection import with_overrides
from bench.commands.options import HOW_LONG, WHAT, AsJson, Page, Results
from bench.commands.parsing import whole_number, words
from bench.errors import NOTHING_LEFT, advising

if TYPE_CHECKING:
    from bench.sweep.overrides import Overrides

_LEFT_OUT = (
    "settings", "budget", "energy", "no_energy", "energy_window_s", "energy_windows", "cpu_idle_w", "cpu_max_w",
    "cpu_cores", "processes",
)  # fmt: skip
_USELESS = (
    Useless("--revisions says what both sides are", beside("--revisions"), ("--a", "--b", "--same-code")),
    Useless("only environments have code of their own, and none is given", without("--a", "--b"), ("--same-code",)),
)

_Environment = Annotated[
    str | None,
    typer.Option(
        "--a",
        metavar="ENV",
        rich_help_panel=WHAT,
        help="Folder of the environment of side A, or its Python; by default the one that runs this command.",
    ),
]
_Other = Annotated[
    str | None, typer.Option("--b", metavar="ENV", rich_help_panel=WHAT, help="The same for side B, the new one.")
]
_Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--a-env", metavar="NAME=VALUE", rich_help_panel=WHAT, help="Variable for the processes of A; repeatable."
    ),
]
_OtherVariables = Annotated[
    list[str] | None,
    typer.Option(
        "--b-env", metavar="NAME=VALUE", rich_help_panel=WHAT, help="Variable for the processes of B; repeatable."
    ),
]
_Files = Annotated[
    list[Path] | None,
    typer.Option("--a-load", metavar="FILE", rich_help_panel=WHAT, help="Plug-in file of A alone; repeatable."),
]
_OtherFiles = Annotated[
    list[Path] | None,
    typer.Option("--b-load", metavar="FILE", rich_help_panel=WHAT, help="Plug-in file of B alone; repeatable."),
]
_Revisions = Annotated[
    str | None,
    typer.Option(
        "--revisions",
        metavar="RANGE",
        rich_help_panel=WHAT,
        help="Two revisions of the git repository here, as in v1.0..HEAD, for A and B.",
    ),
]
_SameCode = Annotated[
    bool,
    typer.Option(
        "--same-code",
        rich_help_panel=WHAT,
        help="Run the code of this convcost in both environments, each with its own libraries.",
    ),
]
_Pairs = Annotated[
    int | None,
    typer.Option(
        "--pairs",
        metavar="N",
        parser=whole_number(3, 100),
        rich_help_panel=HOW_LONG,
        help="Pairs of processes, one of each side, that measure each case, 3 to 100; 6 by default.",
    ),
]


@command(
    "convcost duet quick --b .venv-new -i torch -i onednn",
    "convcost duet mb1ic64ih56oc64kh3ph1 --b-env OMP_WAIT_POLICY=passive",
)
@with_overrides(*_LEFT_OUT)
def duet(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", parser=words, help="A sweep, a layer set, a file of layers, or a descriptor."),
    ] = "quick",
    a: _Environment = None,
    b: _Other = None,
    a_env: _Variables = None,
    b_env: _OtherVariables = None,
    a_load: _Files = None,
    b_load: _OtherFiles = None,
    revisions: _Revisions = None,
    same_code: _SameCode = False,
    *,
    overrides: Overrides,
    pairs: _Pairs = None,
    margin: Margin = 2.0,
    require_decision: RequireDecision = False,
    page: Page = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Measure two installations together and compare them.

    Processes of A and B take turns on each case within seconds, so that slow phases of the machine meet both: the
    strongest comparison there is. Exit 1 if B is slower or wrong anywhere. Both sides are kept as runs.
    """
    refuse_combinations(context, *_USELESS)
    with advising(NOTHING_LEFT):
        from bench.compare.comparison import GateOutcome
        from bench.compare.duet.choose import sides_for
        from bench.compare.duet.compared import compare_duet
        from bench.compare.duet.sides import AskedSide
        from bench.run import duet as running
        from bench.run.duet_job import for_duet
        from bench.store import runs
        from bench.terminal import duet as terminal
        from bench.terminal.console import print_json

        first = AskedSide(a, tuple(a_env or ()), tuple(a_load or ()))
        second = AskedSide(b, tuple(b_env or ()), tuple(b_load or ()))
        sides, shared = sides_for(first, second, revisions, overrides.load, same_code=same_code)
        job = for_duet(what, replace(overrides, processes=pairs), sides, shared, command_line())
        runs.require_possible(results)
        terminal.announce(job, sides)
    folders = running.duet(job, sides, results, terminal.progress())
    found = compare_duet(folders.a, folders.b, margin / 100)
    if as_json:
        print_json({**folders.as_dict(), "comparison": found.as_dict()})
    else:
        terminal.show(found, folders)
    undecided = UNDECIDED if require_decision else FINE
    codes = {GateOutcome.WORSE: WRONG, GateOutcome.UNDECIDED: undecided, GateOutcome.FINE: FINE}
    if page is not None:
        terminal.show_page(found, folders, sides, codes[found.outcome], page)
    raise typer.Exit(codes[found.outcome])
