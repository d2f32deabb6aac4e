"""The child that runs the files of `--load` for the parent: it loads them, describes what they add, and is asked.

It is started as `python -m bench.worker.elsewhere_entry FILE.py …`. Lines of JSON go out: {"loading": FILE} for each
file, {"loaded": [description, …]} or {"refused": sentence} at the end, then one for each request: {"value": …} or
{"raised": sentence}.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

from bench.worker.admission import counted
from bench.worker.bounds import end_with_parent
from bench.worker.protocol import case_from_dict
from impls import ConvError, Implementation, Work, get, load_file
from impls.errors import in_one_line

# Attributes of an implementation that the parent knows without asking.
DESCRIBED = ("name", "algorithm", "provider", "devices", "precisions", "bounds")


def main(files: list[str]) -> int:
    end_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(key: str, value: object) -> None:
        answers.write(json.dumps({key: value}, default=str) + "\n")
        answers.flush()

    try:
        loaded = []
        for file in files:
            send("loading", file)
            loaded += [_description(name, file) for name in load_file(Path(file))]
    except ConvError as error:
        send("refused", str(error))
        return 0
    send("loaded", loaded)
    for line in sys.stdin:
        try:
            send("value", _answer(json.loads(line)))
        except Exception as error:
            send("raised", in_one_line(error))
    return 0


def _description(name: str, file: str) -> dict[str, Any]:
    implementation = get(name)
    words = {"file": file, **{key: getattr(implementation, key) for key in DESCRIBED}}
    return {
        **words,
        "class": type(implementation).__name__,
        "qualname": type(implementation).__qualname__,
        "doc": type(implementation).__doc__,
    }


def _answer(request: dict[str, Any]) -> Any:
    implementation: Implementation = get(request["name"])
    found = getattr(implementation, request["method"])(case_from_dict(request["case"]))
    return astuple(counted(found)) if isinstance(found, Work) else found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
