"""The command `convcost choose`."""

from __future__ import annotations

from bench.commands.app import command
from bench.commands.injection import with_problems
from bench.commands.options import AsJson, Bias, Devices, Layouts, Precisions, Threads, Wide


@command(
    "convcost choose mb1ic64ih56oc64kh3ph1",
    "convcost choose resnet-50 --precision bf16 --layout nhwc",
)
@with_problems()
def choose(
    *,
    problems: list[str],
    bias: Bias = False,
    devices: Devices = None,
    precisions: Precisions = None,
    layouts: Layouts = None,
    threads: Threads = None,
    wide: Wide = False,
    as_json: AsJson = False,
) -> None:
    """Predict the fastest implementation; measure nothing.

    It is the choice of `auto`. Also shown: the predicted times, how sure they are on this machine, and the line of
    Python that calls the choice.
    """
    from bench.machine.processors import require_threads
    from bench.predict import choices as predicted
    from bench.sweep.problem_texts import layer_sets, require_precisions
    from bench.terminal.choose import show, show_left_out
    from bench.terminal.console import print_json

    sets = layer_sets(problems, bias=bias)
    layers = [layer for one in sets for layer in one.layers]
    require_precisions([layer.precision for layer in layers], precisions)
    used = require_threads(threads)
    show_left_out(sets)
    found = predicted.choices(layers, precisions or ["fp32"], layouts or ["nchw"], devices or ["cpu"], used)
    origin = predicted.origin(used)
    if as_json:
        print_json({"choices": [choice.as_dict() for choice in found], **origin})
    else:
        show(found, origin, wide=wide)
