"""Commands that prove: results right, timing trustworthy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import FINE, WRONG, app, command_line, print_json, say
from bench.errors import UsageError
from bench.options import (
    AsJson,
    Bias,
    Devices,
    Implementations,
    Layouts,
    Limit,
    Load,
    MaxSeconds,
    Precisions,
    Seed,
    StepTimeout,
    Threads,
)


@app.command()
def validate(
    descriptors: Annotated[list[str] | None, typer.Argument(help="Problems; a dense table by default.")] = None,
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    limit: Limit = None,
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
    from impls import ConvProblem

    limit_s = _seconds(limit)
    problems = [ConvProblem.parse(d, bias=bias) for d in descriptors or ()] or validating.default_problems()
    choices = Choices(
        implementations=implementations or (), devices=devices or (),
        precisions=precisions or validating.default_precisions(), layouts=layouts or ("nchw", "nhwc"),
        threads=threads, step_timeout=step_timeout, processes=1, seed=seed, load=load or (),
    )  # fmt: skip
    found = validating.prove(for_problems(problems, choices, command_line()), limit_s)
    print_json(found.as_dict()) if as_json else validating.show(found, verbose=verbose)
    raise typer.Exit(WRONG if found.failures else FINE)


def _seconds(limit: str | None) -> float:
    from bench.sweep.duration import seconds

    return math.inf if limit is None else seconds(limit)


@app.command()
def qualify(
    quick: Annotated[bool, typer.Option("--quick", help="Three minutes; the full one takes half an hour.")] = False,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    threads: Threads = None,
    step_timeout: StepTimeout = None,
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
    from bench.machine import devices
    from bench.orders import settings_for
    from bench.qualify import qualification, table
    from bench.qualify.questions import FULL, QUICK

    used, device = settings_for(threads, step_timeout=step_timeout), devices.require(device)
    # Before half an hour of measuring, not after.
    qualification.require_place(results)
    found = qualification.qualify(QUICK if quick else FULL, used, seed or 0, say, device)
    file = qualification.store(found, results)
    print_json(found.as_dict()) if as_json else table.show(found, file)
    raise typer.Exit(WRONG if any(limit.verdict == "not met" for limit in found.limits) else FINE)


@app.command()
def kernels(
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="Class of shapes, as in winograd-14; repeatable. All by default."),
    ] = None,
    implementations: Implementations = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    quick: Annotated[bool, typer.Option("--quick", help="Two shapes of each class: two minutes, not twenty.")] = False,
    auto: Annotated[
        bool, typer.Option("--auto", help="Instead: how far `auto` is from the best of its choices, on random shapes.")
    ] = False,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    limit: Limit = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = None,
    load: Load = None,
    results: Annotated[Path, typer.Option("--results", help="Kept in its folder kernels.")] = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Hold our kernels against oneDNN and torch, or cuDNN, class by class; exit 1 if one is wrong or a limit missed.

    All candidates of a shape (on the CPU in both layouts, on CUDA channels last) are proven right and then timed in the
    same blocks, in processes apart. Close other programs first.

    Example: convcost kernels --quick --class winograd-large
    """
    from bench.kernels import benchmark, regret, regret_table, shapes, table
    from bench.kernels.suite import SUITES
    from bench.machine import devices
    from bench.orders import settings_for
    from impls import load_file

    used = settings_for(threads, load or (), step_timeout)
    for path in used.load:
        load_file(path)
    # Before minutes of measuring, not after.
    if auto and (classes or implementations or limit or device != "cpu"):
        raise UsageError(
            "--auto draws shapes of its own for the CPU and tries all that it chooses among, as many as it asks for; "
            "leave out --class, -i, --device and --limit"
        )
    suite, limit_s = SUITES[devices.require(device)], _seconds(limit)
    chosen, own = shapes.chosen(classes or (), quick=quick, device=device), suite.own(implementations or ())
    benchmark.require_place(results)
    if auto:
        asked = regret.ask(
            regret.QUICK_SHAPES if quick else regret.SHAPES, seed or regret.SEED, max_seconds or regret.SECONDS
        )
        found = regret.run(asked, used, say)
        file = benchmark.store(found.as_dict(), results, "-auto")
        print_json(found.as_dict()) if as_json else regret_table.show(found, file)
        raise typer.Exit(FINE if found.is_fine else WRONG)
    shape_s = max_seconds or (benchmark.QUICK_S if quick else benchmark.FULL_S)
    asked = benchmark.ask(chosen, own, shape_s, seed or 0, suite)
    compared = benchmark.run(asked, own, used, say, suite, limit_s)
    file = benchmark.store(compared.as_dict(), results)
    print_json(compared.as_dict()) if as_json else table.show(compared, file)
    raise typer.Exit(FINE if compared.is_fine else WRONG)
