"""The worker process: `python -m bench.worker.child BEACON THREADS [PLUGIN.py …]`.

Tasks come in on standard input, events go out on what was standard output when it started; anything that a library or
a plug-in prints goes to standard error, so that it cannot be taken for an event.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from bench.worker.beacon import Beacon
from bench.worker.protocol import Calibrate, Outcome, read_message

# Libraries that implementations import when they first need them: paid for at the start, where all processes import at
# once, and not one after another within the first case's plans.
_NEEDED_LATER = ("numba", "scipy.fft")


def main(arguments: list[str]) -> int:
    events = _take_over_stdout()
    beacon = Beacon(Path(arguments[0]))
    threads = int(arguments[1])

    def send(event: str, **content: Any) -> None:
        events.write(json.dumps({"event": event, **content}, allow_nan=False) + "\n")
        events.flush()

    import torch

    from bench.calibration.measure import measure
    from bench.store.environment import describe
    from bench.worker.proving import prove_and_time
    from bench.worker.settings import give_back_memory
    from impls import ConvError, load_file
    from impls.modes import precision_mode

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    try:
        for plugin in arguments[2:]:
            load_file(Path(plugin))
    except ConvError as error:
        send("refused", reason=str(error))
        return 0
    for module in _NEEDED_LATER:
        importlib.import_module(module)
    # What the libraries made lives as long as they do: looking it through after each case cost a tenth of a second.
    gc.freeze()
    send("ready", environment=describe(threads))

    def emit(outcome: Outcome) -> None:
        send("outcome", outcome=outcome.to_dict())

    for line in sys.stdin:
        task = read_message(line)
        if isinstance(task, Calibrate):
            found = measure(task.device, threads, task.precisions)
            give_back_memory()
            send("calibration", calibration=found.to_dict())
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
