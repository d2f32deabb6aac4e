"""Arguments in, exit code out: 0 fine, 1 a wrong result, 2 usage, 3 infrastructure. No logic."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from bench import __version__
from bench.errors import InfrastructureError, UsageError
from bench.options import (
    AsJson,
    Bias,
    Budget,
    Cache,
    Calls,
    Devices,
    Implementations,
    InProcess,
    Layouts,
    Load,
    MaxSeconds,
    Precisions,
    Processes,
    Seed,
    TargetCi,
    Threads,
)
from impls.errors import ConvError

FINE, WRONG, USAGE, INFRASTRUCTURE = 0, 1, 2, 3

app = typer.Typer(
    name="convcost",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What convolutions (forward pass) really cost: proven right, then measured.",
)


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
    """What convolutions (forward pass) really cost: proven right, then measured."""


@app.command()
def impls(
    device: Annotated[str | None, typer.Option("--device", help="Only those that run on cpu or cuda.")] = None,
    load: Load = None,
    as_json: AsJson = False,
) -> None:
    """List the implementations.

    Example: convcost impls --device cpu
    """
    from bench import catalogue

    entries = catalogue.entries(device, load or [])
    _print_json(entries) if as_json else catalogue.show(entries)


@app.command()
def count(
    descriptors: Annotated[list[str], typer.Argument(help="Layers in order, in benchdnn's notation.")],
    bias: Bias = False,
    precision: Annotated[str, typer.Option("-p", "--precision", help="For bytes.")] = "fp32",
    check: Annotated[bool, typer.Option("--check", help="Compare MACs with fvcore; exit 1 if they differ.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count outputs, parameters, MACs, direct and executed FLOPs, bytes and the receptive field of the stack.

    Example: convcost count mb1ic3ih224oc64oh112kh7sh2ph3 mb1ic64ih56oc64kh3ph1
    """
    from bench import count as counting

    layers = counting.count(descriptors, bias=bias, precision=precision, check=check)
    _print_json(layers) if as_json else counting.show(layers)
    differences = counting.disagreements(layers)
    for text in differences:
        typer.echo(text, err=True)
    raise typer.Exit(WRONG if differences else FINE)


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
    rows = [row for rows in prove(for_problems(problems, choices, _command())) for row in rows]
    _print_json([row.as_dict() for row in rows]) if as_json else validating.show(rows, verbose=verbose)
    raise typer.Exit(WRONG if failures(rows) else FINE)


@app.command()
def sweep(
    what: Annotated[
        str, typer.Argument(help="A built-in sweep or layer set, or a .toml, .txt or .csv file.")
    ] = "quick",
    axes: Annotated[
        list[str] | None,
        typer.Option("-a", "--axis", help="Axis that overrides the file's, as in kernel=1,3,5."),
    ] = None,
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    max_seconds: MaxSeconds = None,
    budget: Budget = None,
    target_ci: TargetCi = None,
    processes: Processes = None,
    cache: Cache = None,
    seed: Seed = None,
    load: Load = None,
    bias: Bias = False,
    results: Annotated[Path, typer.Option("--results", help="Where runs are kept.")] = Path("results"),
    reports: Annotated[Path, typer.Option("--reports", help="Where pages are kept.")] = Path("reports"),
    resume: Annotated[Path | None, typer.Option("--resume", help="Go on with this unfinished run.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List built-in sweeps and layer sets.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the cases and stop.")] = False,
) -> None:
    """Measure a sweep and render its report.

    Example: convcost sweep quick -a kernel=1,3,5 -a 'channels[pow2]=[4:7]'
    """
    from bench import sweeping
    from bench.orders import Choices

    if listing:
        return sweeping.show_names()
    choices = Choices(
        axes=axes or (), implementations=implementations or (), devices=devices or (), precisions=precisions or (),
        layouts=layouts or (), threads=threads, max_seconds=max_seconds, target_rel_ci=target_ci,
        processes=processes, cache=cache, seed=seed, bias=bias, load=load or (), budget=budget,
    )  # fmt: skip
    order = sweeping.order_for(what, choices, _command(), resume)
    if dry_run:
        return sweeping.show_cases(order)
    raise typer.Exit(FINE if sweeping.run(order, results, reports, resume) else WRONG)


@app.command()
def measure(
    descriptor: Annotated[str, typer.Argument(help="The problem, in benchdnn's notation.")],
    implementations: Implementations = None,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    max_seconds: MaxSeconds = None,
    target_ci: TargetCi = None,
    processes: Processes = None,
    cache: Cache = None,
    seed: Seed = None,
    load: Load = None,
    bias: Bias = False,
    as_json: AsJson = False,
    in_process: InProcess = False,
    calls: Calls = None,
) -> None:
    """Measure one problem by all implementations: a sorted table with the ratio to the best.

    Example: convcost measure mb1ic64ih56oc64kh3ph1

    For profilers: convcost measure mb1ic64ih56oc64kh3ph1 --in-process --calls 9
    """
    from bench import measure as measuring
    from bench import profiling
    from bench.orders import Choices, for_problem
    from bench.run import failures

    choices = Choices(
        implementations=implementations or (), devices=devices or (), precisions=precisions or (),
        layouts=layouts or (), threads=threads, max_seconds=max_seconds, target_rel_ci=target_ci,
        processes=processes, cache=cache, seed=seed, bias=bias, load=load or (),
    )  # fmt: skip
    unused = {
        "--max-seconds": max_seconds, "--target-ci": target_ci, "--processes": processes, "--cache": cache,
        "--json": as_json,
    }  # fmt: skip
    profiling.require_options(in_process, calls, unused)
    if in_process:
        raise typer.Exit(WRONG if profiling.run(for_problem(descriptor, choices, _command()), calls) else FINE)
    measured = measuring.measure(for_problem(descriptor, choices, _command()))
    _print_json(measuring.as_json(measured)) if as_json else measuring.show(measured)
    raise typer.Exit(WRONG if failures(row for rows in measured.cases for row in rows) else FINE)


@app.command()
def calibrate(
    devices: Devices = None,
    precisions: Precisions = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Measure the ceilings of this machine: FLOP/s of each precision, bandwidth of each cache and of the memory.

    Example: convcost calibrate -p fp32 --threads 1
    """
    from bench import ceilings

    found = ceilings.measure(devices or (), precisions or (), threads)
    _print_json(ceilings.as_json(found)) if as_json else ceilings.show(found)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what can be measured on this machine, what would be modelled, and what stands in the way.

    A few seconds; close other programs first, or it will say so.

    Example: convcost doctor
    """
    from bench.doctor import examination

    found = examination.examine()
    _print_json(found.as_dict()) if as_json else examination.show(found)


@app.command()
def report(
    run: Annotated[Path | None, typer.Argument(help="A run's folder; the newest one by default.")] = None,
    results: Annotated[Path, typer.Option("--results", help="Where runs are kept.")] = Path("results"),
    reports: Annotated[Path, typer.Option("--reports", help="Where pages are kept.")] = Path("reports"),
) -> None:
    """Render a run as one HTML page and a Markdown summary.

    Example: convcost report results/20260101T120000Z-host-quick
    """
    from bench import sweeping
    from bench.store import runs

    typer.echo(sweeping.render(run or runs.latest(results), reports))


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
    found = qualification.qualify(QUICK if quick else FULL, used, seed or 0, _say)
    file = qualification.store(found, results)
    _print_json(found.as_dict()) if as_json else table.show(found, file)
    raise typer.Exit(WRONG if any(limit.verdict == "not met" for limit in found.limits) else FINE)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _command() -> str:
    return shlex.join(["convcost", *sys.argv[1:]])


def _print_json(data: Any) -> None:
    import json

    typer.echo(json.dumps(data, indent=2, allow_nan=False))


class _Interrupted(BaseException):
    """Ctrl-C. Not KeyboardInterrupt, which the command-line library turns into a silent exit of its own."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interrupted


def main() -> None:
    """Run the command line; what users can mend is one sentence, not a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except (UsageError, ConvError) as error:
        typer.echo(f"convcost: {error}", err=True)
        sys.exit(USAGE)
    except InfrastructureError as error:
        typer.echo(f"convcost: {error}", err=True)
        sys.exit(INFRASTRUCTURE)
    except _Interrupted:
        typer.echo(
            "convcost: interrupted; a sweep keeps its finished cases: convcost sweep --resume results/<run>", err=True
        )
        sys.exit(INFRASTRUCTURE)


if __name__ == "__main__":
    main()
