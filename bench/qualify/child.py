"""The process in which questions are answered: `python -m bench.qualify.child THREADS`, questions in, answers out."""

from __future__ import annotations

import json
import sys

from bench.qualify.questions import Question
from bench.worker.enforced import run_on, what_holds
from bench.worker.settings import Settings


def main(arguments: list[str]) -> int:
    settings = Settings(int(arguments[0]))
    # As a worker is: what was ordered holds, or nothing is measured.
    run_on(settings.affinity)
    import torch

    from bench.qualify.trials import answer

    torch.set_num_threads(settings.threads)
    torch.set_grad_enabled(False)
    what_holds(settings)
    for line in sys.stdin:
        print(json.dumps(answer(Question(**json.loads(line))).as_dict()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
