"""The command `convcost validate`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import problem_options
from bench.commands.app import FINE, WRONG, command, command_line
from bench.commands.injection import with_overrides, with_problems
from bench.commands.options import WHAT, WHERE, AsJson, Limit

if TYPE_CHECKING:
    from bench.sweep.overrides import Overrides

_OF_TIMING = ("axes", "settings", "cache", "malloc", "budget", "max_seconds", "target_rel_ci", "processes")
_OF_ENERGY = ("energy", "no_energy", "energy_window_s", "energy_windows", "cpu_idle_w", "cpu_max_w", "cpu_cores")


@command(
    "convcost validate mb1ic64ih56oc64kh3ph1 --load mine.py -v", "convcost validate --range -i direct -i winograd-f6"
)
@with_problems(problem_options.ManyOrTable)
@with_overrides(*_OF_TIMING, *_OF_ENERGY)
def validate(
    *,
    problems: list[str],
    overrides: Overrides,
    limit: Limit = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", rich_help_panel=WHERE, help="Show every result, right ones too.")
    ] = False,
    show_range: Annotated[
        bool,
        typer.Option(
            "--range",
            rich_help_panel=WHAT,
            help="Show the scales of x and weights at which results are right, and how far one NaN spreads.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check all results against a float64 oracle.

    It checks each implementation on each problem, device, precision and layout. Exit 1 if a result is wrong, or if an
    implementation fails, crashes or times out.
    """
    from bench.run import validate as validating
    from bench.sweep.duration import limit_seconds
    from bench.sweep.jobs import for_problems
    from bench.terminal.console import print_json
    from bench.terminal.validate import show

    limit_s = limit_seconds(limit)
    if show_range:
        from bench.run import ranges
        from bench.terminal.ranges import show as show_ranges

        given = validating.given_problems(problems)
        job = for_problems(ranges.problems(given), ranges.with_defaults(replace(overrides, bias=None)), command_line())
        measured = ranges.measure(job, limit_s)
        print_json(measured.as_dict()) if as_json else show_ranges(measured)
        raise typer.Exit(WRONG if measured.failures else FINE)
    proven = validating.problems(problems, bias=overrides.bias is True)
    job = for_problems(proven, validating.with_defaults(replace(overrides, bias=None)), command_line())
    found = validating.prove(job, limit_s)
    print_json(found.as_dict()) if as_json else show(found, verbose=verbose)
    raise typer.Exit(WRONG if found.failures else FINE)
