"""The worker process: `python -m bench.worker.entry BEACON THREADS AFFINITY [PLUGIN.py …]`.

AFFINITY is processor numbers with commas between, or empty for any.

Tasks come in on standard input, events go out on what was standard output when it started; anything that a library or
a plug-in prints goes to standard error, so that it cannot be taken for an event.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from bench.machine.heap import give_back_memory
from bench.worker.beacon import Beacon
from bench.worker.enforced import NotEnforced, run_on, what_holds
from bench.worker.protocol import Calibrate, MeasureEnergy, Outcome, read_message
from bench.worker.settings import Settings

# Libraries that implementations import when they first need them: paid for at the start, where all processes import at
# once, and not one after another within the first case's plans.
_NEEDED_LATER = ("numba", "scipy.fft")


def main(arguments: list[str]) -> int:
    events = _take_over_stdout()
    beacon = Beacon(Path(arguments[0]))
    threads = int(arguments[1])
    affinity = tuple(map(int, arguments[2].split(","))) if arguments[2] else None
    settings = Settings(threads, tuple(map(Path, arguments[3:])), affinity)

    def send(event: str, **content: Any) -> None:
        events.write(json.dumps({"event": event, **content}, allow_nan=False) + "\n")
        events.flush()

    # Before any library starts threads, which inherit it, or counts the processors that it may use.
    try:
        run_on(affinity)
    except NotEnforced as error:
        send("unfit", reason=str(error))
        return 0
    started = time.perf_counter()
    import torch

    import_torch_s = time.perf_counter() - started
    from bench.calibration.measure import measure
    from bench.machine.environment import describe
    from bench.worker.energy import measure_energy
    from bench.worker.proving import prove_and_time
    from impls import ConvError, load_file
    from impls.modes import precision_mode

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    try:
        for plugin in settings.load:
            load_file(plugin)
        found = what_holds(settings)
    except ConvError as error:
        send("refused", reason=str(error))
        return 0
    except NotEnforced as error:
        send("unfit", reason=str(error))
        return 0
    for module in _NEEDED_LATER:
        importlib.import_module(module)
    # What the libraries made lives as long as they do: looking it through after each case cost a tenth of a second.
    gc.freeze()
    send("ready", environment={**describe(threads), **found, "import_torch_s": import_torch_s})

    def emit(outcome: Outcome) -> None:
        send("outcome", outcome=outcome.to_dict())

    for line in sys.stdin:
        task = read_message(line)
        if isinstance(task, Calibrate):
            calibration = measure(task.device, threads, task.precisions)
            give_back_memory()
            send("calibration", calibration=calibration.to_dict())
            continue
        if isinstance(task, MeasureEnergy):
            with precision_mode(task.case):
                found_j = measure_energy(task, beacon)
            give_back_memory()
            send("energy", found=found_j)
            continue
        with precision_mode(task.case):
            sampling_s = prove_and_time(task, emit, beacon)
        give_back_memory()
        send("done", sampling_s=sampling_s)
    return 0


def _take_over_stdout() -> TextIO:
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "w", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
