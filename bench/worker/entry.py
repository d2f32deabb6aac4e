"""The worker process, the only entry of a child.

It is started as `python -m bench.worker.entry BEACON THREADS AFFINITY MALLOC [PLUGIN.py …]`.

AFFINITY is processor numbers with commas between, or empty for any; MALLOC is pinned or default.

Messages come in on standard input, events go out on the standard output of the start. Anything that a library or a
plug-in prints goes to standard error, so that it cannot be read as an event.
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
from bench.worker.beacon import HARNESS, IDLE, Beacon
from bench.worker.bounds import end_with_parent
from bench.worker.enforced import NotEnforced, run_on, what_holds
from bench.worker.settings import Settings
from bench.worker.shared_settings import quick, slow
from bench.worker.turns import loading_plugins
from impls import ConvError, UnknownImplementation, load_file

# Libraries that implementations import when they first need them. Imported at the start, where all processes import
# side by side, and not one after another within the first case's plans.
_NEEDED_LATER = ("numba", "scipy.fft", "impls.gpu")


class Events:
    """Sends events to the parent."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, event: str, **content: Any) -> None:
        self._stream.write(json.dumps({"event": event, **content}, allow_nan=False) + "\n")
        self._stream.flush()


def main(arguments: list[str]) -> int:
    end_with_parent()
    events = Events(_take_over_stdout())
    beacon, settings = _read_arguments(arguments)
    try:
        environment = _prepare(settings)
    except ConvError as error:
        events.send("refused", reason=str(error))
        return 0
    except NotEnforced as error:
        events.send("unfit", reason=str(error))
        return 0
    from bench.worker.handlers import Context, handle
    from bench.worker.protocol import PROTOCOL, read_message

    beacon.show(IDLE)
    events.send("ready", environment=environment, protocol=PROTOCOL)
    context = Context(beacon, settings.threads, events.send)
    shared = _Shared()
    for line in sys.stdin:
        beacon.show(HARNESS)
        results = handle(read_message(line), context)
        give_back_memory()
        # Freeing the objects of plug-ins runs their code too.
        is_as_before = shared.put_back()
        beacon.show(IDLE)
        events.send("done", **results)
        if not is_as_before:
            # The parent starts another process.
            break
    return 0


class _Shared:
    """The settings that all candidates share, as they were before the first message."""

    def __init__(self) -> None:
        self._before = [(state, state.read()) for state in (quick(), slow())]

    def put_back(self) -> bool:
        """Put back what is not as before; whether all is."""
        left = [state.restore(values) for state, values in self._before]
        return not any(left)


def _read_arguments(arguments: list[str]) -> tuple[Beacon, Settings]:
    beacon, threads, affinity, malloc, *plugins = arguments
    processors = tuple(map(int, affinity.split(","))) if affinity else None
    settings = Settings(int(threads), tuple(map(Path, plugins)), processors, malloc=malloc)
    return Beacon(Path(beacon)), settings


def _prepare(settings: Settings) -> dict[str, Any]:
    """Load the libraries and plug-ins, check the settings, and describe the environment.

    Raises NotEnforced if a setting did not take effect, ConvError if a plug-in cannot be loaded.
    """
    # Before any library is loaded: its threads inherit it, and some libraries count the processors that they may use.
    run_on(settings.affinity)
    started = time.perf_counter()
    import torch

    import_torch_s = time.perf_counter() - started
    from bench.machine.environment import describe
    from bench.worker.integrity import remember, replaced_words

    # Imports every library of ours that a message may need.
    importlib.import_module("bench.worker.handlers")
    torch.set_num_threads(settings.threads)
    torch.set_grad_enabled(False)
    for module in _NEEDED_LATER:
        importlib.import_module(module)
    code = remember()
    with loading_plugins():
        for plugin in settings.load:
            load_file(plugin)
            if replaced := code.put_back():
                raise UnknownImplementation(f"--load {plugin}: {replaced_words(replaced)}")
        found = what_holds(settings)
    # Objects of the libraries live as long as the process: searching them after each case cost a tenth of a second.
    gc.freeze()
    return {**describe(settings.threads), **found, "import_torch_s": import_torch_s}


def _take_over_stdout() -> TextIO:
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "w", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
