"""Commands that prove: results right, timing trustworthy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, app, command_line, print_json, say
from bench.options import AsJson, Bias, Devices, Implementations, Layouts, Load, Precisions, Seed, Threads


@app.command()
def validate(
    descriptors: Annotated[list[str] | None, typer.Argument(help="Problems; a dense table by default.")] = None,
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    seed: Seed = None,
    load: Load = None,
    bias: Bias = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every cell.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove every supported cell right against the float64 oracle; exit 1 if one is wrong.

    Example: convcost validate -p fp32 -p bf16
    """
    from bench import validate as validating
    from bench.orders import Choices, for_problems
    from bench.run import failures
    from bench.run import validate as prove
    from impls import ConvProblem

    problems = [ConvProblem.parse(d, bias=bias) for d in descriptors or ()] or validating.default_problems()
    choices = Choices(
        implementations=implementations or (), devices=devices or (),
        precisions=precisions or validating.default_precisions(), layouts=layouts or ("nchw", "nhwc"),
        threads=threads, processes=1, seed=seed, load=load or (),
    )  # fmt: skip
    rows = [row for rows in prove(for_problems(problems, choices, command_line())) for row in rows]
    print_json([row.as_dict() for row in rows]) if as_json else validating.show(rows, verbose=verbose)
    raise typer.Exit(WRONG if failures(rows) else FINE)


@app.command()
def qualify(
    quick: Annotated[bool, typer.Option("--quick", help="Three minutes; the full one takes half an hour.")] = False,
    threads: Threads = None,
    seed: Seed = None,
    results: Annotated[Path, typer.Option("--results", help="Kept in its folder qualify.")] = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Find out what the timing is worth on this machine; exit 1 if it is worth less than it should be.

    Equal plans are timed against each other, and known slowdowns looked for, quiet and with one core kept busy, beside
    torch's Timer at the same time budget; whole runs repeated in between say what two runs differ by.
    Close other programs first.

    Example: convcost qualify --quick
    """
    from bench.qualify import qualification, table
    from bench.qualify.questions import FULL, QUICK
    from bench.worker.settings import require_threads

    used = require_threads(threads)
    # Before half an hour of measuring, not after.
    qualification.require_place(results)
    found = qualification.qualify(QUICK if quick else FULL, used, seed or 0, say)
    file = qualification.store(found, results)
    print_json(found.as_dict()) if as_json else table.show(found, file)
    raise typer.Exit(WRONG if any(limit.verdict == "not met" for limit in found.limits) else FINE)
