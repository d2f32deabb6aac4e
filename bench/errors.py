"""What ends a command, by exit code.

0  fine
1  a wrong result or a regression was found (no exception: the command says which)
2  UsageError, and impls.ConvError: what was asked for cannot be
3  InfrastructureError: the machine, a folder or the worker failed, not what was asked for
"""

from __future__ import annotations


class UsageError(ValueError):
    """What was given, what is allowed, what to type instead. Exit code 2."""


class InfrastructureError(RuntimeError):
    """Something under the tool failed. Exit code 3."""


class OutOfTime(Exception):
    """The time that a command was given is over: it ends with what was finished until then."""
