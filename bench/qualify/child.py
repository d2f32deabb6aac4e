"""The process in which questions are answered: `python -m bench.qualify.child THREADS`, questions in, answers out."""

from __future__ import annotations

import json
import sys

from bench.qualify.questions import Question


def main(arguments: list[str]) -> int:
    import torch

    from bench.qualify.trials import answer

    torch.set_num_threads(int(arguments[0]))
    torch.set_grad_enabled(False)
    for line in sys.stdin:
        print(json.dumps(answer(Question(**json.loads(line))).as_dict()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
