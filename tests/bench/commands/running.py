"""Commands run in this process: their outcomes, the files they are given, and the problems they measure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from bench import cli
from bench.errors import UsageError

ROOT = Path(__file__).parents[3]
SMALL = "mb1ic4ih8oc4kh3ph1"
# One pixel padded: eight of nine outputs depend on no input, so their error bound is 0.
MOSTLY_PADDING = "mb1ic1ih1oc1kh1ph1"
COMMANDS = cli.COMMANDS
TINY = ("--device", "cpu", "--threads", "1", "--max-seconds", "0.05")
# For tests that do not depend on the number of processes.
ONE = (*TINY, "--processes", "1")

WRONG = """
import torch
import impls


class Constant(impls.Implementation):
    value = 0.0

    def plan(self, case, weight, bias):
        return lambda x: torch.full(case.problem.output_shape, self.value)


@impls.register
class Zeros(Constant):
    name = "zeros"


@impls.register
class Ones(Constant):
    name = "ones"
    value = 1.0
"""

# Files of the fixture `given`; {folder} is the folder itself.
FILES = {
    "wrong.py": WRONG,
    "raises.py": "raise RuntimeError('one line\\nand another')",
    "syntax.py": "def",
    "exits.py": "raise SystemExit(0)",
    "nothing.py": "import impls",
    "plugin.txt": WRONG,
    "syntax.toml": "base = ",
    "key.toml": "bas = 1",
    "axis.toml": "[axes]\nkernle = [3]",
    "float.toml": "[axes]\nkernel = [3.5]",
    "endless.toml": "max_seconds = inf",
    "self.toml": 'include = ["{folder}/self.toml"]',
    "nothing.toml": 'base = "mb1ic4ih8oc4kh3ph1"\ndesign = "product"\n[axes]\nkernel = [20, 30]\npadding = ["valid"]',
    "point.toml": 'base = "mb1ic4ih8oc4kh3ph1"\n[axes]\nkernel = [3, 99]',
    "bad.csv": "n,c_in,h,w,c_out,kh,kw,stride,padding,dilation,groups\n1,three,8,8,4,3,3,1,1,1,1",
    "header.csv": "n,c_in\n1,3",
    "bad.txt": "mb1ic3ih8oc4kh3ph1\nmb1ic3ih8oc4zh3",
    "empty.txt": "",
    "own.txt": "benchdnn --conv --dt=bf16 mb1ic4ih8oc4kh3ph1\nbenchdnn --conv --dt=f16 mb1ic4ih8oc4kh3ph1",
}


@dataclass(frozen=True)
class Done:
    """The outcome of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def refuse(constant: str) -> NoReturn:
            raise AssertionError(f"{constant} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Run = Callable[..., Done]
# Runs a line that must be refused, and returns the sentence.
Refuse = Callable[[str], str]


def refusals(*table: tuple[str, str]) -> pytest.MarkDecorator:
    """Run a test for each (line, sentence) pair; an ellipsis in a sentence is any text."""
    return pytest.mark.parametrize(("line", "sentence"), table, ids=[line[:60] for line, _ in table])


def assert_says(text: str, sentence: str) -> None:
    """Assert that a text has the parts of a sentence in their order."""
    start = 0
    for part in sentence.split("…"):
        found = text.find(part, start)
        assert found >= 0, f"{part!r} is not in {text!r}"
        start = found + len(part)


def stop(*arguments: object, **named: object) -> NoReturn:
    """Take the place of work that a test does not want to do."""
    raise UsageError("stopped by the test")


STOPPED = "convcost: stopped by the test\n"
