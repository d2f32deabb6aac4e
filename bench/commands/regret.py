"""The command `convcost regret`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.app import FINE, WRONG, command
from bench.commands.options import HOW_LONG, AsJson, Load, MaxSeconds, Results, Seed, StepTimeout, Threads
from bench.commands.parsing import words

if TYPE_CHECKING:
    from bench.kernels.shapes import Shape


@command("convcost regret --quick", "convcost regret resnet-50 mobilenet-v1   # on their layers")
def regret(
    layers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LAYERS",
            parser=words,
            help="Layer sets, files of layers, or descriptors; random shapes by default.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", rich_help_panel=HOW_LONG, help="Measure 30 shapes instead of 200.")
    ] = False,
    threads: Threads = None,
    step_timeout: StepTimeout = None,
    max_seconds: MaxSeconds = None,
    seed: Seed = None,
    load: Load = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Compare `auto` with the best of its choices.

    The shapes are random ones or given layers. They run on the CPU, and `auto` was not fitted to them. Exit 1 if `auto`
    is too slow or a result is wrong.
    While other programs are busy, too slow is undecided.
    """
    from bench.kernels import benchmark
    from bench.predict import regret as regrets
    from bench.sweep.jobs import settings_for
    from bench.terminal.console import print_error, print_json
    from bench.terminal.regret import show
    from bench.worker import elsewhere

    used = settings_for(threads, load or (), step_timeout)
    elsewhere.load(used.load)
    given = _shapes(layers or [])
    # Checked before minutes of measuring.
    benchmark.require_place(results)
    asked = regrets.trials(given, quick=quick, seed=seed, max_seconds=max_seconds)
    found = regrets.run(asked, used, print_error)
    file = benchmark.store(found.as_dict(), results, "-auto")
    print_json(found.as_dict()) if as_json else show(found, file)
    raise typer.Exit(FINE if found.is_fine else WRONG)


def _shapes(texts: list[str]) -> list[Shape]:
    """Each different layer that was named, in its own precision or in fp32."""
    from bench.kernels.shapes import Shape
    from bench.sweep.problem_texts import layer_sets

    if not texts:
        return []
    layers = [layer for one in layer_sets(texts, bias=False) for layer in one.layers]
    different = {(one.problem, one.precision or "fp32"): one.name for one in layers}
    return [Shape(name, problem, "given", precision) for (problem, precision), name in different.items()]
