"""The process in which kernels are measured: `python -m bench.kernels.child THREADS [PLUGIN.py …]`.

Questions come in on standard input.

Answers go out on what was standard output when it started, one JSON object a line: {"event": "ready"}, then for each
question any number of {"event": "at", "candidate"} (who runs now and answers for a crash, null for all by turns) and
one {"event": "done", "measured"}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from bench.kernels.trial import Candidate, Question
from bench.machine.heap import give_back_memory
from bench.worker.enforced import run_on, what_holds
from bench.worker.settings import Settings


def main(arguments: list[str]) -> int:
    # What a library prints goes to standard error, so that it cannot be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = Settings(int(arguments[0]), tuple(map(Path, arguments[1:])))
    # As a worker is: what was ordered holds, or nothing is measured.
    run_on(settings.affinity)
    import torch

    from bench.kernels.measuring import measure
    from impls import load_file

    torch.set_num_threads(settings.threads)
    torch.set_grad_enabled(False)
    for plugin in settings.load:
        load_file(plugin)
    what_holds(settings)
    # A rival at its best: cuDNN tries all that it has. (On the CPU this says nothing.)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.benchmark_limit = True, 0

    def send(event: str, **content: Any) -> None:
        answers.write(json.dumps({"event": event, **content}, allow_nan=False) + "\n")
        answers.flush()

    def announce(candidate: Candidate | None) -> None:
        send("at", candidate=None if candidate is None else [candidate.implementation, candidate.layout])

    send("ready")
    for line in sys.stdin:
        measured = measure(Question.from_dict(json.loads(line)), announce)
        give_back_memory()
        send("done", measured=measured.as_dict())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
