"""The two sides of a duet, from what the user typed: a Python, its variables, and its plug-in files.

Source of the method: L. Bulej, V. Horký, P. Tůma, F. Farquet, A. Prokopec, "Duet Benchmarking: Improving Measurement
Accuracy in the Cloud", ICPE 2020, arXiv 2001.05811. There both sides run at the same time on two cores of their own;
a convolution takes all cores, so that ours take turns within a second.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.compare.duet.environments import interpreter_of
from bench.errors import UsageError
from bench.worker.interpreter import Interpreter
from bench.worker.settings import Settings

_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
HERE = "this environment"


@dataclass(frozen=True, slots=True)
class DuetSide:
    """One side: its letter, a Python, plug-in files, and what it is in the user's words."""

    letter: str
    words: str
    interpreter: Interpreter
    load: tuple[Path, ...] = ()

    def settings(self, shared: Settings) -> Settings:
        """The settings of its workers: those that both share, and its own Python and plug-in files."""
        return replace(shared, load=(*shared.load, *self.load), interpreter=self.interpreter)

    @property
    def label(self) -> str:
        """The letter with the words, as in `B (.venv-new)`."""
        return f"{self.letter} ({self.words})"


@dataclass(frozen=True, slots=True)
class AskedSide:
    """A side as the user typed it: None for this environment; variables as NAME=VALUE."""

    environment: str | None = None
    variables: Sequence[str] = ()
    load: Sequence[Path] = ()


def of_environments(a: AskedSide, b: AskedSide, *, same_code: bool = False) -> tuple[DuetSide, DuetSide]:
    """Both sides, each of an environment.

    With `same_code` both run the implementations of this convcost, else each that of its environment where it has one.
    Raises UsageError for a folder that is no environment, a variable without a value, one that the threads and the
    allocator of a worker are set by, and for a file that is not there.
    """
    first, second = (
        _side(letter, asked, interpreter_of(asked.environment, same_code=same_code))
        for letter, asked in (("A", a), ("B", b))
    )
    return first, second


def with_options(letter: str, words: str, interpreter: Interpreter, asked: AskedSide) -> DuetSide:
    """A side whose Python was found otherwise, with the user's variables and files. Raises UsageError as above."""
    side = _side(letter, replace(asked, environment=None), interpreter)
    extra = [] if side.words == HERE else [side.words]
    return replace(side, words=", ".join([words, *extra]))


def _side(letter: str, asked: AskedSide, interpreter: Interpreter) -> DuetSide:
    for file in asked.load:
        if not file.is_file():
            raise UsageError(f"--{letter.lower()}-load {file} is not there; give a Python file")
    variables = tuple(_variable(letter, text) for text in asked.variables)
    if asked.environment is not None:
        place = [asked.environment]
    else:
        place = [] if variables or asked.load or interpreter.python != sys.executable else [HERE]
    words = [*place, *(f"{name}={value}" for name, value in variables), *map(str, asked.load)]
    interpreter = replace(interpreter, variables=variables)
    return DuetSide(letter, ", ".join(words) or HERE, interpreter, tuple(file.resolve() for file in asked.load))


def _variable(letter: str, text: str) -> tuple[str, str]:
    """The name and value of a variable."""
    option = f"--{letter.lower()}-env"
    match = _VARIABLE.fullmatch(text)
    if match is None:
        raise UsageError(f"{option} is {text!r}; allowed: NAME=VALUE, as in OMP_WAIT_POLICY=passive")
    # Any number of threads and any allocator have the same names.
    if match[1] in Settings(1).variables():
        raise UsageError(
            f"{option} sets {match[1]}, which convcost sets itself; use --threads or --malloc, the same for both sides"
        )
    return match[1], match[2]
