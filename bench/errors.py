"""The errors that end a command, by exit code.

0  fine
1  a wrong result or a regression was found (no exception: the command prints it)
2  UsageError and impls.ConvError: the arguments are wrong or cannot be combined
3  InfrastructureError: the machine, a folder or the worker failed; Interrupted: Ctrl-C
4  undecided where a decision was required (no exception)
143, 129  Interrupted: SIGTERM, SIGHUP
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

# Said of a sweep that Ctrl-C ends before its run has a folder.
NOTHING_LEFT = "nothing was measured yet, and no run folder was left"


class UsageError(ValueError):
    """The user gave something wrong; the text says what was given, what is allowed and what to type. Exit code 2."""


def refuse_useless(reason: str, options: Iterable[str]) -> None:
    """Raise UsageError if a user gave any options that would have no effect; `reason` says why."""
    if given := ", ".join(options):
        raise UsageError(f"{reason}; leave out {given}")


class InfrastructureError(RuntimeError):
    """The machine, a file or a worker failed. Exit code 3."""


class OutOfTime(Exception):
    """The time limit of a command has passed: the command ends with the results finished so far."""


class Interrupted(BaseException):
    """Ctrl-C, or the signal `number`; `advice` says how to go on.

    Not KeyboardInterrupt: Typer turns that into a silent exit of its own.
    """

    advice = ""

    def __init__(self, number: int = signal.SIGINT) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """That of any interrupted command after Ctrl-C, else 128 and the number of the signal, as shells count."""
        return 3 if self.number == signal.SIGINT else 128 + self.number

    def __str__(self) -> str:
        return "interrupted" if self.number == signal.SIGINT else f"ended by {signal.Signals(self.number).name}"


@contextmanager
def advising(advice: str) -> Iterator[None]:
    """Tell a reader who interrupts meanwhile what is left, unless a block inside has told more."""
    try:
        yield
    except Interrupted as error:
        error.advice = error.advice or advice
        raise
